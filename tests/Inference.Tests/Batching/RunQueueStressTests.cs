using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class RunQueueStressTests : IDisposable
{
    private readonly SmallClassifier _model = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Execute_ManyAtOnceWithRandomCancellations_LosesAndConfusesNone(int slots)
    {
        const int Callers = 16;
        const int RequestsEach = 250;
        var queue = _model.Queue(slots);
        using var sizes = new BatchSizes(_model.Name);
        int answered = 0, cancelled = 0, failed = 0;

        // Every slot is held until every caller waits, so that some are cancelled in the queue and the others share
        // runs on any number of cores.
        var held = Enumerable.Range(0, slots).Select(_ => new HeldSlot(queue)).ToArray();
        var callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random((slots * 1000) + caller);
            for (var request = 0; request < RequestsEach; request++)
            {
                using var cancellation = new CancellationTokenSource();
                var isBad = random.Next(20) == 0;
                using var run = _model.Rent(isBad ? 1f : random.Next(900) / 1000f);
                var expected = run.Input[0];
                using var other = _model.Rent(0.5f);
                IReadOnlyList<Task> completions = random.Next(4) == 0
                    ? queue.ExecuteTogetherAsync([run, other], cancellation.Token)
                    : [queue.ExecuteAsync(run, cancellation.Token).AsTask()];
                if (random.Next(3) == 0)
                {
                    await cancellation.CancelAsync();
                }

                try
                {
                    await completions[0];
                    Assert.Equal(expected, run.Output[0]);
                    Interlocked.Increment(ref answered);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                }
                catch (InferenceException)
                {
                    Assert.True(isBad);
                    Interlocked.Increment(ref failed);
                }

                await Task.WhenAll(completions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        })));
        Assert.True(SpinWait.SpinUntil(() => queue.WaitingCount >= Callers, TimeSpan.FromSeconds(60)));
        Array.ForEach(held, slot => slot.Dispose());
        await callers;

        Assert.Equal(Callers * RequestsEach, answered + cancelled + failed);
        Assert.All([answered, cancelled, failed], count => Assert.True(count > 0));
        Assert.Contains(sizes.All, size => size > 1);
        Assert.All(sizes.All, size => Assert.InRange(size, 1, SmallClassifier.MaxBatchSize));
        _model.AssertIdle(queue, [], slots);
    }

    public void Dispose() => _model.Dispose();
}

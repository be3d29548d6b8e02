using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class RunQueueTests : IDisposable
{
    private const int MaxBatchSize = 4;

    private readonly string _name = Guid.NewGuid().ToString();
    private readonly OnnxClassifier _classifier = Open(SmallModels.Failing());

    [Fact]
    public void Execute_NothingElseRuns_RunsAtOnceOnTheCallersThread()
    {
        var queue = Queue(slots: 1);
        var thread = 0;
        using var sizes = new BatchSizes(_name, _ => thread = Environment.CurrentManagedThreadId);
        using var run = Rent(0.5f);

        var completion = queue.ExecuteAsync(run, CancellationToken.None);

        Assert.True(completion.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        Assert.Equal(0.5f, run.Output[0]);
        Assert.Equal([1], sizes.All);
        Assert.Equal((1, 0), (queue.FreeSlots, queue.WaitingCount));
    }

    [Fact]
    public async Task Execute_WhileAllSlotsAreBusy_SharesTheNextRunUpToTheMaximumInOrder()
    {
        var queue = Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_name);
        var runs = Enumerable.Range(0, 10).Select(i => Rent(i / 100f)).ToArray();

        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();
        Assert.Equal(10, queue.WaitingCount);
        Assert.All(completions, completion => Assert.False(completion.IsCompleted));
        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([4, 4, 2], sizes.All);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i / 100f), runs.Select(run => run.Output[0]));
        Finish(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_WhileAllSlotsAreBusy_GoesInOrder()
    {
        var queue = Queue(slots: 1);
        using var held = new HeldSlot(queue);
        var order = new List<int>();
        var completions = Enumerable.Range(0, 5).Select(i =>
            queue.ExecuteAloneAsync(() => order.Add(i), CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([0, 1, 2, 3, 4], order);
    }

    [Fact]
    public async Task Execute_WorkBetweenItems_IsNotJoined()
    {
        var queue = Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_name);
        var runs = Enumerable.Range(0, 3).Select(_ => Rent(0.5f)).ToArray();
        Task[] completions =
        [
            queue.ExecuteAsync(runs[0], CancellationToken.None).AsTask(),
            queue.ExecuteAsync(runs[1], CancellationToken.None).AsTask(),
            queue.ExecuteAloneAsync(() => Assert.Equal(0.5f, runs[1].Output[0]), CancellationToken.None).AsTask(),
            queue.ExecuteAsync(runs[2], CancellationToken.None).AsTask(),
        ];

        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([2, 1, 1], sizes.All);
        Finish(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_TwoSlotsComeFree_ShareTheWaitingItems()
    {
        var queue = Queue(slots: 2);
        using var first = new HeldSlot(queue);
        using var second = new HeldSlot(queue);
        using var sizes = new BatchSizes(_name);
        var runs = Enumerable.Range(0, 6).Select(i => Rent(i / 100f)).ToArray();
        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();

        await Task.WhenAll(first.ReleaseAsync(), second.ReleaseAsync());
        await Task.WhenAll(completions);

        // The scheduler decides how the two slots split the items; none runs alone because of a missing slot.
        Assert.Equal(6, sizes.All.Sum());
        Assert.InRange(sizes.All.Length, 2, 4);
        Finish(queue, runs, slots: 2);
    }

    [Fact]
    public async Task ExecuteTogether_NothingElseRuns_SharesARun()
    {
        var queue = Queue(slots: 1);
        using var sizes = new BatchSizes(_name);
        var runs = Enumerable.Range(0, 6).Select(i => Rent(i / 100f)).ToArray();

        await Task.WhenAll(queue.ExecuteTogetherAsync(runs, CancellationToken.None));

        Assert.Equal([4, 2], sizes.All);
        Assert.Equal(Enumerable.Range(0, 6).Select(i => i / 100f), runs.Select(run => run.Output[0]));
        Finish(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_ModelThatCannotBatch_RunsOneByOne()
    {
        using var alone = Open(SmallModels.Mixing());
        var queue = new RunQueue(alone, 1, _name, "1");
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_name);
        var runs = Enumerable.Range(0, 3).Select(_ => alone.Rent()).ToArray();
        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([1, 1, 1], sizes.All);
        Array.ForEach(runs, run => run.Dispose());
    }

    [Fact]
    public async Task Cancel_WhileWaiting_LeavesAtOnceAndNeverRuns()
    {
        var queue = Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_name);
        using var cancellation = new CancellationTokenSource();
        var runs = Enumerable.Range(0, 3).Select(i => Rent((i + 1) / 100f)).ToArray();
        var completions = runs.Select((run, i) =>
            queue.ExecuteAsync(run, i == 1 ? cancellation.Token : CancellationToken.None).AsTask()).ToArray();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completions[1]);
        Assert.Equal(2, queue.WaitingCount);
        await held.ReleaseAsync();
        await Task.WhenAll(completions[0], completions[2]);

        Assert.Equal([2], sizes.All);
        Assert.Equal([0.01f, 0f, 0.03f], runs.Select(run => run.Output[0]));
        Finish(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Cancel_WhileRunning_IsReportedAfterTheRunAndHarmsNoOther()
    {
        var queue = Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var cancellation = new CancellationTokenSource();
        using var sizes = new BatchSizes(_name, size => Cancel(size, cancellation));
        var runs = Enumerable.Range(0, 3).Select(i => Rent((i + 1) / 100f)).ToArray();
        var completions = runs.Select((run, i) =>
            queue.ExecuteAsync(run, i == 1 ? cancellation.Token : CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completions[1]);
        await Task.WhenAll(completions[0], completions[2]);

        // Its run continued to the end: the output is written, and only the reported outcome differs.
        Assert.Equal([3], sizes.All);
        Assert.Equal([0.01f, 0.02f, 0.03f], runs.Select(run => run.Output[0]));
        Finish(queue, runs, slots: 1);

        static void Cancel(int size, CancellationTokenSource source)
        {
            Assert.Equal(3, size);
            source.Cancel();
        }
    }

    [Fact]
    public async Task Cancel_WhileRunningAlone_IsReportedAfterTheRun()
    {
        var queue = Queue(slots: 1);
        using var cancellation = new CancellationTokenSource();
        var isDone = false;

        var completion = queue.ExecuteAloneAsync(
            () =>
            {
                cancellation.Cancel();
                isDone = true;
            },
            cancellation.Token).AsTask();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completion);
        Assert.True(isDone);
        Assert.Equal(1, queue.FreeSlots);
    }

    [Fact]
    public async Task Cancel_BeforeTheStart_NeverRuns()
    {
        var queue = Queue(slots: 1);
        using var sizes = new BatchSizes(_name);
        var runs = new[] { Rent(0.01f), Rent(0.02f) };
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.ExecuteAsync(runs[0], cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Task.WhenAll(queue.ExecuteTogetherAsync(runs, cancelled)));

        Assert.Empty(sizes.All);
        Finish(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_OneOfABatchMakesTheModelFail_FailsAlone()
    {
        var queue = Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_name);
        var runs = new[] { Rent(0.01f), Rent(1f), Rent(0.03f) };
        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        var fault = await Assert.ThrowsAsync<InferenceException>(() => completions[1]);
        await Task.WhenAll(completions[0], completions[2]);

        Assert.Equal(InferenceError.ModelRunFailed, fault.Error);
        Assert.Equal([3, 1, 1, 1], sizes.All);
        Assert.Equal(1, sizes.Retries);
        Assert.Equal((0.01f, 0.03f), (runs[0].Output[0], runs[2].Output[0]));
        Finish(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_AloneAndTheModelFails_IsReportedAndTheSlotIsFreed()
    {
        var queue = Queue(slots: 1);
        using var bad = Rent(1f);
        using var good = Rent(0.5f);

        Assert.Equal(
            InferenceError.ModelRunFailed,
            (await Assert.ThrowsAsync<InferenceException>(() =>
                queue.ExecuteAsync(bad, CancellationToken.None).AsTask())).Error);
        await queue.ExecuteAsync(good, CancellationToken.None);

        Assert.Equal(0.5f, good.Output[0]);
    }

    [Fact]
    public async Task Execute_OneOfABatchIsNotANumber_TheOthersAre()
    {
        var queue = Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_name);
        var runs = new[] { Rent(0.01f), Rent(float.NaN), Rent(0.03f) };
        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([3], sizes.All);
        Assert.Equal([0.01f, float.NaN, 0.03f], runs.Select(run => run.Output[0]));
        Assert.Equal([0f, 0f], runs[0].Output[1..].ToArray());
        Finish(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_ShippedModel_GivesTheSameScoresTogetherAsAlone()
    {
        using var model = Inference.Models.ClassifierModel.Load(
            Path.Combine(RepositoryRoot(), "models", "mnist", "1"), "mnist", "1", new Inference.Models.ModelSettings());
        var random = new Random(7);
        var runs = Enumerable.Range(0, 16).Select(_ => model.Classifier.Rent()).ToArray();
        foreach (var run in runs)
        {
            for (var i = 0; i < run.Input.Length; i++)
            {
                run.Input[i] = random.NextSingle();
            }

            run.Execute();
        }

        var alone = runs.Select(run => run.Output.ToArray()).ToArray();
        Array.ForEach(runs, run => run.Output.Clear());

        await Task.WhenAll(model.Queue.ExecuteTogetherAsync(runs, CancellationToken.None));

        for (var i = 0; i < runs.Length; i++)
        {
            Assert.Equal(
                alone[i], runs[i].Output.ToArray(),
                (one, other) => Math.Abs(one - other) <= 1e-5f * Math.Max(1f, Math.Abs(one)));
        }

        Array.ForEach(runs, run => run.Dispose());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Execute_ManyAtOnceWithRandomCancellations_LosesAndConfusesNone(int slots)
    {
        const int Callers = 16;
        const int RequestsEach = 250;
        var queue = Queue(slots);
        using var sizes = new BatchSizes(_name);
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
                using var run = Rent(isBad ? 1f : random.Next(900) / 1000f);
                var expected = run.Input[0];
                using var other = Rent(0.5f);
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
        Assert.All(sizes.All, size => Assert.InRange(size, 1, MaxBatchSize));
        Finish(queue, [], slots);
    }

    public void Dispose() => _classifier.Dispose();

    private static OnnxClassifier Open(byte[] onnx)
    {
        var model = OnnxModel.Load(onnx, new OnnxSettings());
        var classifier = new OnnxClassifier(model, model.Inputs[0], model.Outputs[0], [1, 1, 4, 4]);
        classifier.WarmUp(
            [new float[SmallModels.Pixels], [.. Enumerable.Repeat(0.5f, SmallModels.Pixels)]], MaxBatchSize);
        return classifier;
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "SoftmaxService.sln"))) // the tests run from a checkout
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    private RunQueue Queue(int slots) => new(_classifier, slots, _name, "1");

    /// <summary>An item whose first score is the value and whose other scores are 0.</summary>
    private OnnxRun Rent(float value)
    {
        var run = _classifier.Rent();
        run.Input.Clear();
        run.Output.Clear();
        run.Input[0] = value;
        return run;
    }

    /// <summary>Asserts that the queue is empty, every slot is free, and no buffer is rented.</summary>
    private void Finish(RunQueue queue, OnnxRun[] runs, int slots)
    {
        Array.ForEach(runs, run => run.Dispose());
        // A runner reports its items before it passes its slot on.
        SpinWait.SpinUntil(() => queue.FreeSlots == slots, TimeSpan.FromSeconds(30));
        Assert.Equal((slots, 0), (queue.FreeSlots, queue.WaitingCount));
        Assert.Equal(1, _classifier.Leases);
    }
}

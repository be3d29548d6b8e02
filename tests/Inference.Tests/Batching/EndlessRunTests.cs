using System.Runtime.InteropServices;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Batching;

/// <summary>Runs that never end by themselves.</summary>
public sealed class EndlessRunTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly OnnxClassifier _classifier;

    public EndlessRunTests()
    {
        var model = OnnxModel.Load(CostlyModels.EndlessOnGrey(), new OnnxSettings());
        _classifier = new OnnxClassifier(model, model.Inputs[0], model.Outputs[0], [1, 1, 4, 4]);
        _classifier.WarmUp([new float[SmallModels.Pixels]], maxBatchSize: 4);
    }

    [Fact]
    public async Task Execute_AloneAndNeverEnding_IsEndedWhenItsTimeIsUp()
    {
        var queue = new RunQueue(_classifier, slots: 1, "endless", "1");
        using var grey = Rent(0.5f);
        using var black = Rent(0f);
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(0.2));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StartAsync(queue, grey, time.Token));

        // The slot and the run's own options are as before.
        Assert.Equal(1, queue.FreeSlots);
        grey.Input.Clear();
        await queue.ExecuteAsync(grey, CancellationToken.None);
        await queue.ExecuteAsync(black, CancellationToken.None);
        Assert.Null(queue.Fault);
    }

    [Fact]
    public async Task Execute_OneOfABatchNeverEnds_TheOthersRunAgain()
    {
        var queue = new RunQueue(_classifier, slots: 1, "endless-batch", "1");
        using var runs = new Rented([Rent(0f), Rent(0.5f), Rent(1f)]);
        using var time = new CancellationTokenSource();
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes("endless-batch");
        Task[] completions = [.. runs.All.Select((run, i) =>
            queue.ExecuteAsync(run, i == 1 ? time.Token : CancellationToken.None).AsTask())];
        await held.ReleaseAsync();

        Assert.True(SpinWait.SpinUntil(() => sizes.All is [3], Patience));
        await time.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completions[1].WaitAsync(Patience));
        await Task.WhenAll(completions[0], completions[2]).WaitAsync(Patience);

        Assert.Equal([3, 1, 1], sizes.All);
        Assert.Equal(1, sizes.Retries);
        Assert.Equal((0f, 1f), (runs.All[0].Output[0], runs.All[2].Output[0]));
    }

    [Fact]
    public async Task Execute_ThreeThatNeverEndInARow_MakeTheModelFailUntilOneEnds()
    {
        var announced = 0;
        var queue = new RunQueue(_classifier, slots: 1, "endless-thrice", "1") { Failing = () => announced++ };
        using var grey = Rent(0.5f);
        for (var i = 0; i < EndedRuns.FailingCount; i++)
        {
            Assert.Null(queue.Fault);
            using var time = new CancellationTokenSource(EndedRuns.ShortestCounted * 1.2);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StartAsync(queue, grey, time.Token));
        }

        Assert.Contains("its last 3 runs did not end by themselves", queue.Fault, StringComparison.Ordinal);
        Assert.Equal(1, announced);

        grey.Input.Clear();
        await queue.ExecuteAsync(grey, CancellationToken.None);
        Assert.Null(queue.Fault);
    }

    [Fact]
    public async Task RunAll_NeverEnding_IsEndedWhenItsTimeIsUp()
    {
        var item = new byte[_classifier.ItemBytes];
        MemoryMarshal.Cast<byte, float>(item.AsSpan()).Fill(0.5f);
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(0.2));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(
            () => _classifier.RunAll(item, 1, ["turned"], time.Token), CancellationToken.None).WaitAsync(Patience));

        Assert.Single(_classifier.RunAll(new byte[item.Length], 1, ["turned"], CancellationToken.None));
    }

    public void Dispose() => _classifier.Dispose();

    // A run that is alone uses its caller's thread.
    private static Task StartAsync(RunQueue queue, OnnxRun run, CancellationToken cancellationToken) =>
        Task.Run(() => queue.ExecuteAsync(run, cancellationToken).AsTask(), CancellationToken.None)
            .WaitAsync(Patience, CancellationToken.None);

    private OnnxRun Rent(float grey)
    {
        var run = _classifier.Rent();
        run.Input.Fill(grey);
        return run;
    }

    private sealed class Rented(OnnxRun[] runs) : IDisposable
    {
        public OnnxRun[] All => runs;

        public void Dispose() => Array.ForEach(runs, run => run.Dispose());
    }
}

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class RunCancellationTests : IDisposable
{
    private readonly SmallClassifier _model = new();

    [Fact]
    public async Task Cancel_WhileWaiting_LeavesAtOnceAndNeverRuns()
    {
        var queue = _model.Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_model.Name);
        using var cancellation = new CancellationTokenSource();
        var runs = Enumerable.Range(0, 3).Select(i => _model.Rent((i + 1) / 100f)).ToArray();
        var completions = runs.Select((run, i) =>
            queue.ExecuteAsync(run, i == 1 ? cancellation.Token : CancellationToken.None).AsTask()).ToArray();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completions[1]);
        Assert.Equal(2, queue.WaitingCount);
        await held.ReleaseAsync();
        await Task.WhenAll(completions[0], completions[2]);

        Assert.Equal([2], sizes.All);
        Assert.Equal([0.01f, 0f, 0.03f], runs.Select(run => run.Output[0]));
        _model.AssertIdle(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Cancel_WhileRunning_IsReportedAfterTheRunAndHarmsNoOther()
    {
        var queue = _model.Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var cancellation = new CancellationTokenSource();
        using var sizes = new BatchSizes(_model.Name, size => Cancel(size, cancellation));
        var runs = Enumerable.Range(0, 3).Select(i => _model.Rent((i + 1) / 100f)).ToArray();
        var completions = runs.Select((run, i) =>
            queue.ExecuteAsync(run, i == 1 ? cancellation.Token : CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completions[1]);
        await Task.WhenAll(completions[0], completions[2]);

        // Its run continued to the end: the output is written, and only the reported outcome differs.
        Assert.Equal([3], sizes.All);
        Assert.Equal([0.01f, 0.02f, 0.03f], runs.Select(run => run.Output[0]));
        _model.AssertIdle(queue, runs, slots: 1);

        static void Cancel(int size, CancellationTokenSource source)
        {
            Assert.Equal(3, size);
            source.Cancel();
        }
    }

    [Fact]
    public async Task Cancel_WhileRunningAlone_IsReportedAfterTheRun()
    {
        var queue = _model.Queue(slots: 1);
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
        var queue = _model.Queue(slots: 1);
        using var sizes = new BatchSizes(_model.Name);
        var runs = new[] { _model.Rent(0.01f), _model.Rent(0.02f) };
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.ExecuteAsync(runs[0], cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Task.WhenAll(queue.ExecuteTogetherAsync(runs, cancelled)));

        Assert.Empty(sizes.All);
        _model.AssertIdle(queue, runs, slots: 1);
    }

    public void Dispose() => _model.Dispose();
}

using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class RunFailureTests : IDisposable
{
    private readonly SmallClassifier _model = new();

    [Fact]
    public async Task Execute_OneOfABatchMakesTheModelFail_FailsAlone()
    {
        var queue = _model.Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_model.Name);
        var runs = new[] { _model.Rent(0.01f), _model.Rent(1f), _model.Rent(0.03f) };
        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        var fault = await Assert.ThrowsAsync<InferenceException>(() => completions[1]);
        await Task.WhenAll(completions[0], completions[2]);

        Assert.Equal(InferenceError.ModelRunFailed, fault.Error);
        Assert.Equal([3, 1, 1, 1], sizes.All);
        Assert.Equal(1, sizes.Retries);
        Assert.Equal((0.01f, 0.03f), (runs[0].Output[0], runs[2].Output[0]));
        _model.AssertIdle(queue, runs, slots: 1);
    }

    [Fact]
    public async Task Execute_AloneAndTheModelFails_IsReportedAndTheSlotIsFreed()
    {
        var queue = _model.Queue(slots: 1);
        using var bad = _model.Rent(1f);
        using var good = _model.Rent(0.5f);

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
        var queue = _model.Queue(slots: 1);
        using var held = new HeldSlot(queue);
        using var sizes = new BatchSizes(_model.Name);
        var runs = new[] { _model.Rent(0.01f), _model.Rent(float.NaN), _model.Rent(0.03f) };
        var completions = runs.Select(run => queue.ExecuteAsync(run, CancellationToken.None).AsTask()).ToArray();

        await held.ReleaseAsync();
        await Task.WhenAll(completions);

        Assert.Equal([3], sizes.All);
        Assert.Equal([0.01f, float.NaN, 0.03f], runs.Select(run => run.Output[0]));
        Assert.Equal([0f, 0f], runs[0].Output[1..].ToArray());
        _model.AssertIdle(queue, runs, slots: 1);
    }

    public void Dispose() => _model.Dispose();
}

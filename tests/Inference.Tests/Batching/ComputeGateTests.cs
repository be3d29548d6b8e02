using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class ComputeGateTests : IDisposable
{
    private readonly ComputeGate _gate = new(2, longPermits: 1);

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task EnterAsync_PermitsAreFree_InUseCountsThem()
    {
        var first = await _gate.EnterAsync(CancellationToken.None);
        var second = await _gate.EnterAsync(CancellationToken.None);
        using var longOne = await _gate.EnterLongAsync(CancellationToken.None);

        Assert.Equal((2, 0, 0), (_gate.InUse, _gate.Waiting, _gate.LongWaiting));
        first.Dispose();
        Assert.Equal(1, _gate.InUse);
        second.Dispose();
        Assert.Equal(0, _gate.InUse);
    }

    [Fact]
    public async Task EnterAsync_NoneIsFree_WaitsAndIsCounted()
    {
        var held = new[] { await _gate.EnterAsync(default), await _gate.EnterAsync(default) };
        var heldLong = await _gate.EnterLongAsync(default);
        var waiting = _gate.EnterAsync(CancellationToken.None).AsTask();
        Assert.Equal((2, 1, 0), (_gate.InUse, _gate.Waiting, _gate.LongWaiting));
        var waitingLong = _gate.EnterLongAsync(CancellationToken.None).AsTask();
        Assert.Equal((2, 1, 1), (_gate.InUse, _gate.Waiting, _gate.LongWaiting));

        heldLong.Dispose();
        (await waitingLong).Dispose();
        Assert.Equal((1, 0), (_gate.Waiting, _gate.LongWaiting));
        held[0].Dispose();
        (await waiting).Dispose();
        Assert.Equal((1, 0), (_gate.InUse, _gate.Waiting));
        held[1].Dispose();
    }

    [Fact]
    public async Task EnterAsync_CancelledWhileItWaits_NoLongerCounts()
    {
        using var cancelled = new CancellationTokenSource();
        using var first = await _gate.EnterAsync(default);
        using var second = await _gate.EnterAsync(default);
        var waiting = _gate.EnterAsync(cancelled.Token).AsTask();

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal((2, 0), (_gate.InUse, _gate.Waiting));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _gate.EnterLongAsync(cancelled.Token));
        Assert.Equal(0, _gate.LongWaiting);
    }
}

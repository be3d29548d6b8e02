using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class ByteBudgetTests
{
    private readonly ByteBudget _budget = new(100);

    [Fact]
    public async Task ReserveAsync_Free_ReservesUntilDisposed()
    {
        using (await _budget.ReserveAsync(60, CancellationToken.None))
        {
            Assert.Equal((60, 0), (_budget.Reserved, _budget.Waiting));
        }

        Assert.Equal(0, _budget.Reserved);
    }

    [Fact]
    public async Task ReserveAsync_TooMuchIsReserved_WaitsInOrder()
    {
        var first = await _budget.ReserveAsync(60, CancellationToken.None);
        var large = _budget.ReserveAsync(100, CancellationToken.None).AsTask();
        var small = _budget.ReserveAsync(10, CancellationToken.None).AsTask();

        Assert.Equal((60, 2), (_budget.Reserved, _budget.Waiting));
        Assert.False(_budget.TryReserve(10, out _));
        first.Dispose();
        (await large).Dispose();
        (await small).Dispose();
        Assert.Equal((0, 0), (_budget.Reserved, _budget.Waiting));
    }

    [Fact]
    public async Task ReserveAsync_CancelledWhileItWaits_LetsThoseBehindItThrough()
    {
        using var cancelled = new CancellationTokenSource();
        using var first = await _budget.ReserveAsync(60, CancellationToken.None);
        var large = _budget.ReserveAsync(100, cancelled.Token).AsTask();
        var small = _budget.ReserveAsync(10, CancellationToken.None).AsTask();

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        using var second = await small;
        Assert.Equal((70, 0), (_budget.Reserved, _budget.Waiting));
    }

    [Fact]
    public async Task Rejections_CountsWhatWasRefused_NotWhatWaits()
    {
        var reservation = await _budget.ReserveAsync(60, CancellationToken.None);
        Assert.True(_budget.TryReserve(40, out var rest));
        Assert.Equal(0, _budget.Rejections);

        Assert.False(_budget.TryReserve(1, out _));
        Assert.False(_budget.TryGrow(ref reservation, 1)); // it may be tried again
        Assert.Equal(1, _budget.Rejections);
        _budget.CountRejection();
        Assert.Equal(2, _budget.Rejections);

        var waiting = _budget.ReserveAsync(1, CancellationToken.None).AsTask();
        rest.Dispose();
        (await waiting).Dispose();
        reservation.Dispose();
        Assert.Equal((0, 2), (_budget.Reserved, _budget.Rejections));
    }

    [Fact]
    public async Task ReserveAsync_CancelledBefore_ReservesNothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _budget.ReserveAsync(1, new CancellationToken(canceled: true)));
        Assert.Equal(0, _budget.Reserved);
    }

    [Fact]
    public async Task ReserveAsync_MoreThanThereEverIs_Throws() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await _budget.ReserveAsync(101, CancellationToken.None));

    [Fact]
    public void TryGrow_Free_AddsToTheReservation()
    {
        var reservation = default(ByteBudget.Reservation);

        Assert.True(_budget.TryGrow(ref reservation, 40));
        Assert.True(_budget.TryGrow(ref reservation, 60));
        Assert.False(_budget.TryGrow(ref reservation, 1));
        Assert.Equal((100, 100), (reservation.Bytes, _budget.Reserved));
        reservation.Dispose();
        Assert.Equal(0, _budget.Reserved);
    }

    [Fact]
    public void TryGrow_WithSpare_LeavesThatFreeUnlessItIsAlone()
    {
        var (first, second) = (default(ByteBudget.Reservation), default(ByteBudget.Reservation));

        Assert.True(_budget.TryGrow(ref first, 80, spare: 30));
        Assert.False(_budget.TryGrow(ref second, 10, spare: 11));
        Assert.True(_budget.TryGrow(ref second, 10, spare: 10));
        Assert.False(_budget.TryGrow(ref first, 1, spare: 10));
        second.Dispose();
        Assert.True(_budget.TryGrow(ref first, 20, spare: 10));
        Assert.False(_budget.TryGrow(ref first, 1));
        Assert.Equal((100, 100), (first.Bytes, _budget.Reserved));
    }

    [Fact]
    public void Freed_ReservationIsDisposed_IsRaisedOnceTheBytesAreFree()
    {
        var free = new List<long>();
        _budget.Freed += () => free.Add(_budget.Total - _budget.Reserved);
        Assert.True(_budget.TryReserve(60, out var first));
        Assert.True(_budget.TryReserve(40, out var second));
        Assert.Empty(free);

        first.Dispose();
        second.Dispose();

        Assert.Equal([60, 100], free);
    }

    [Fact]
    public async Task ReserveAsync_FromManyThreads_NeverExceedsTheTotalAndLosesNothing()
    {
        var most = 0L;
        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), async (number, cancellationToken) =>
        {
            using var reservation = await _budget.ReserveAsync(1 + (number % 100), cancellationToken);
            InterlockedMax(ref most, _budget.Reserved);
            await Task.Yield();
        });

        Assert.InRange(most, 1, _budget.Total);
        Assert.Equal((0, 0), (_budget.Reserved, _budget.Waiting));
    }

    private static void InterlockedMax(ref long largest, long value)
    {
        var seen = Volatile.Read(ref largest);
        while (value > seen && Interlocked.CompareExchange(ref largest, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }
}

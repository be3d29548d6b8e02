namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Memory that many requests share: each reserves its bytes before it takes them, and waits while others hold too many.
/// Whoever waits is served in order, so that a large request is not overtaken for ever. Waiting takes no thread.
/// </summary>
public sealed class ByteBudget
{
    private static readonly List<Waiter> NoWaiters = [];

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private long _reserved;
    private long _rejections;

    /// <summary>Makes a budget.</summary>
    /// <param name="total">The bytes that may be reserved at once, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="total"/> is not positive.</exception>
    public ByteBudget(long total)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(total);
        Total = total;
    }

    /// <summary>The bytes that may be reserved at once.</summary>
    public long Total { get; }

    /// <summary>The bytes that are reserved now, from 0 to <see cref="Total"/>.</summary>
    public long Reserved => Volatile.Read(ref _reserved);

    /// <summary>
    /// How often bytes were refused: they were not free and nobody waited for them, or they could never be free.
    /// </summary>
    public long Rejections => Interlocked.Read(ref _rejections);

    /// <summary>Raised, on any thread, when bytes were given back.</summary>
    public event Action? Freed;

    /// <summary>How many wait for their bytes.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Reserves bytes, once they are free. Dispose the reservation to give them back.</summary>
    /// <param name="bytes">From 0 to <see cref="Total"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes could never be free.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask<Reservation> ReserveAsync(long bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Total);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_waiting.Count == 0 && TryTake(bytes))
            {
                return new(new Reservation(this, bytes));
            }

            var waiter = new Waiter(bytes);
            _waiting.AddLast(waiter);
            return new(WaitAsync(waiter, cancellationToken));
        }
    }

    /// <summary>Reserves bytes if they are free now and nobody waits for any.</summary>
    /// <param name="bytes">At least 0.</param>
    /// <param name="reservation">The reservation, if there is one.</param>
    public bool TryReserve(long bytes, out Reservation reservation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_lock)
        {
            var taken = _waiting.Count == 0 && TryTake(bytes);
            reservation = taken ? new Reservation(this, bytes) : default;
            if (!taken)
            {
                CountRejection();
            }

            return taken;
        }
    }

    /// <summary>
    /// Adds bytes to a reservation if they are free now and nobody waits for any. Where they are not, the caller may
    /// try again: it counts the rejection itself.
    /// </summary>
    /// <param name="reservation">A reservation of this budget, or <c>default</c>; unchanged if there are none.</param>
    /// <param name="bytes">How many more, at least 0.</param>
    /// <param name="spare">How many must stay free, unless nothing else is reserved; at least 0.</param>
    public bool TryGrow(ref Reservation reservation, long bytes, long spare = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(spare);
        lock (_lock)
        {
            var needed = _reserved == reservation.Bytes ? bytes : bytes + spare;
            if (_waiting.Count > 0 || needed > Total - _reserved || !TryTake(bytes))
            {
                return false;
            }
        }

        reservation = new Reservation(this, reservation.Bytes + bytes);
        return true;
    }

    /// <summary>
    /// Counts what was rejected: its bytes could never be free, or did not become free in the time that it had.
    /// </summary>
    public void CountRejection() => Interlocked.Increment(ref _rejections);

    private async Task<Reservation> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (budget, waiter) = ((ByteBudget, Waiter))state!; // what is registered below
                budget.GiveUp(waiter, token);
            },
            (this, waiter));
        await waiter.Source.Task;
        return new Reservation(this, waiter.Bytes);
    }

    private void GiveUp(Waiter waiter, CancellationToken cancellationToken)
    {
        List<Waiter> served;
        lock (_lock)
        {
            if (!_waiting.Remove(waiter))
            {
                return; // served in the same moment
            }

            served = ServeWaiting(); // those behind a large one
        }

        waiter.Source.SetCanceled(cancellationToken);
        Complete(served);
    }

    private void Release(long bytes)
    {
        List<Waiter> served;
        lock (_lock)
        {
            _reserved -= bytes;
            served = ServeWaiting();
        }

        Complete(served);
        Freed?.Invoke();
    }

    private List<Waiter> ServeWaiting()
    {
        if (_waiting.Count == 0)
        {
            return NoWaiters; // as after most requests
        }

        var served = new List<Waiter>();
        while (_waiting.First is { Value: var next } && TryTake(next.Bytes))
        {
            _waiting.RemoveFirst();
            served.Add(next);
        }

        return served;
    }

    private static void Complete(List<Waiter> served) => served.ForEach(waiter => waiter.Source.SetResult());

    private bool TryTake(long bytes)
    {
        if (bytes > Total - _reserved)
        {
            return false;
        }

        _reserved += bytes;
        return true;
    }

    /// <summary>Reserved bytes. Dispose it exactly once; <c>default</c> holds none.</summary>
    public readonly struct Reservation : IDisposable
    {
        private readonly ByteBudget? _budget;

        internal Reservation(ByteBudget budget, long bytes) => (_budget, Bytes) = (budget, bytes);

        /// <summary>How many bytes.</summary>
        public long Bytes { get; }

        /// <summary>Gives the bytes back.</summary>
        public void Dispose() => _budget?.Release(Bytes);
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public TaskCompletionSource Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

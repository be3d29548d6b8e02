using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Decides which bodies grow where memory is short. Equal bodies that arrive at the same pace would all be rejected
/// half way. Instead the one that lacks least goes on, and the one that lacks most is rejected at once, whose memory
/// the others then have. One that is left alone waits a moment for requests that are being answered. Bodies that ask
/// for nothing are let be, and what small bodies need stays free.
/// </summary>
internal sealed class BodyGrowth
{
    // The part of the memory that is left to small bodies.
    private const int SpareDivisor = 16;

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    private readonly ByteBudget _bytes;
    private readonly long _spare;
    private readonly Lock _lock = new();
    private readonly List<Waiter> _waiting = [];
    private volatile int _waitingCount;
    private long _leaving;

    public BodyGrowth(ByteBudget bytes)
    {
        _bytes = bytes;
        _spare = bytes.Total / SpareDivisor;
        bytes.Freed += OnFreed;
    }

    /// <summary>How many bodies wait for memory.</summary>
    public int Waiting => _waitingCount;

    /// <summary>Reserves memory for a large body's first bytes; null if there is none.</summary>
    public BodyShare? Begin(long bytes)
    {
        ByteBudget.Reservation first = default;
        if (_bytes.TryGrow(ref first, bytes, _spare))
        {
            return new BodyShare(this, first);
        }

        _bytes.CountRejection();
        return null;
    }

    /// <summary>Adds memory to a body's share if it is free and no other body waits for it.</summary>
    public bool TryGrow(BodyShare share, long bytes)
    {
        lock (_lock)
        {
            return _waiting.Count == 0 && share.TryTake(_bytes, bytes, _spare);
        }
    }

    /// <summary>Adds memory to the share of a body that cannot wait.</summary>
    public bool TryGrowAtOnce(BodyShare share, long bytes)
    {
        var isGrown = share.TryTake(_bytes, bytes, _spare);
        if (!isGrown)
        {
            _bytes.CountRejection();
        }

        return isGrown;
    }

    /// <summary>Adds memory to a body's share as soon as there is some.</summary>
    /// <param name="share">The body's share.</param>
    /// <param name="bytes">How many bytes more.</param>
    /// <param name="lacking">How many bytes have still to arrive; <see cref="long.MaxValue"/> if unknown.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether there was some: a body that lacks more than others is rejected.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<bool> GrowAsync(
        BodyShare share, long bytes, long lacking, CancellationToken cancellationToken)
    {
        if (share.Bytes + bytes > _bytes.Total)
        {
            _bytes.CountRejection();
            return false;
        }

        var waiter = new Waiter(share, bytes, lacking);
        lock (_lock)
        {
            _waiting.Add(waiter);
            Settle();
        }

        try
        {
            return await waiter.Source.Task.WaitAsync(MaxWait, cancellationToken);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            lock (_lock)
            {
                if (_waiting.Remove(waiter) && fault is TimeoutException)
                {
                    Reject(waiter);
                }

                Settle();
            }

            cancellationToken.ThrowIfCancellationRequested();
            return await waiter.Source.Task;
        }
    }

    /// <summary>Gives the memory of a share back.</summary>
    public void End(BodyShare share, ByteBudget.Reservation reservation)
    {
        lock (_lock)
        {
            _leaving -= share.IsLeaving ? reservation.Bytes : 0;
        }

        reservation.Dispose();
    }

    private void OnFreed()
    {
        if (_waitingCount > 0)
        {
            lock (_lock)
            {
                Settle();
            }
        }
    }

    /// <summary>Lets bodies grow or go, until those that still wait must wait for memory to be given back.</summary>
    private void Settle()
    {
        while (_waiting.Count > 0)
        {
            _waiting.Sort();
            var next = _waiting[0];
            if (next.Share.TryTake(_bytes, next.Bytes, _spare))
            {
                _waiting.RemoveAt(0);
                next.Source.SetResult(true);
            }
            else if (_leaving < next.Bytes && _waiting.Count > 1)
            {
                var last = _waiting[^1];
                _waiting.RemoveAt(_waiting.Count - 1);
                Reject(last);
            }
            else
            {
                break;
            }
        }

        _waitingCount = _waiting.Count;
    }

    private void Reject(Waiter waiter)
    {
        _bytes.CountRejection();
        waiter.Share.IsLeaving = true;
        _leaving += waiter.Share.Bytes;
        waiter.Source.SetResult(false);
    }

    /// <summary>A body that waits. Those that lack less come first, then those that have more.</summary>
    private sealed class Waiter(BodyShare share, long bytes, long lacking) : IComparable<Waiter>
    {
        public BodyShare Share => share;

        public long Bytes => bytes;

        private long Lacking => lacking;

        public TaskCompletionSource<bool> Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int CompareTo(Waiter? other) =>
            (lacking, -share.Bytes).CompareTo((other!.Lacking, -other.Share.Bytes)); // the list holds no null
    }
}

using System.Diagnostics;
using Microsoft.Extensions.ObjectPool;

namespace SoftmaxService.Api.Load;

/// <summary>
/// When a request must be answered. While it is set, the request's token is cancelled when the time is up or the client
/// disconnects. Pooled, because a timer for each request would cost more than its softmax.
/// </summary>
internal sealed class RequestDeadline : IDisposable, IResettable
{
    private const int MaxPooled = 1024;

    private static readonly ObjectPool<RequestDeadline> Pool =
        new DefaultObjectPool<RequestDeadline>(new DefaultPooledObjectPolicy<RequestDeadline>(), MaxPooled);

    private readonly CancellationTokenSource _source = new();
    private CancellationTokenRegistration _registration;
    private CancellationToken _aborted;
    private long _start;
    private TimeSpan _time;
    private volatile bool _isClientDisconnected;

    /// <summary>
    /// Whether the time was up while the client was still connected. The connection may have been aborted since:
    /// Kestrel aborts it when a write is cancelled.
    /// </summary>
    public bool IsExpired => _source.IsCancellationRequested && !_isClientDisconnected;

    private TimeSpan Remaining => _time - Stopwatch.GetElapsedTime(_start);

    public static RequestDeadline Set(HttpContext context, TimeSpan time)
    {
        var deadline = Pool.Get();
        deadline._start = Stopwatch.GetTimestamp();
        deadline._time = time;
        deadline._aborted = context.RequestAborted;
        deadline._registration = deadline._aborted.UnsafeRegister(
            static deadline => ((RequestDeadline)deadline!).OnClientDisconnected(), deadline);
        deadline._source.CancelAfter(time);
        context.RequestAborted = deadline._source.Token;
        return deadline;
    }

    /// <summary>Gives a part of the request less time than the whole; false if no more remains anyway.</summary>
    public bool TryShorten(TimeSpan time)
    {
        if (time >= Remaining)
        {
            return false;
        }

        _source.CancelAfter(time);
        return true;
    }

    /// <summary>Undoes <see cref="TryShorten"/>: the rest of the request has what remains of its own time.</summary>
    public void Restore()
    {
        var remaining = Remaining;
        _source.CancelAfter(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero);
    }

    /// <summary>Gives the request its own token back, which is cancelled only when the client disconnects.</summary>
    public void Remove(HttpContext context) => context.RequestAborted = _aborted;

    public void Dispose() => Pool.Return(this);

    public bool TryReset()
    {
        _registration.Dispose();
        if (!_source.TryReset())
        {
            _source.Dispose();
            return false;
        }

        _aborted = default;
        _isClientDisconnected = false;
        return true;
    }

    private void OnClientDisconnected()
    {
        if (!_source.IsCancellationRequested)
        {
            _isClientDisconnected = true;
        }

        _source.Cancel();
    }
}

using System.Collections.Concurrent;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Until when a request is to be answered. While it is set, the request's token is cancelled when its time is over or
/// its client gone. Kept and used again: a timer for each request would cost more than its softmax.
/// </summary>
internal sealed class RequestDeadline : IDisposable
{
    private static readonly ConcurrentQueue<RequestDeadline> Idle = [];

    private readonly CancellationTokenSource _source = new();
    private CancellationTokenRegistration _registration;
    private CancellationToken _aborted;
    private volatile bool _isClientGone;

    private RequestDeadline()
    {
    }

    /// <summary>
    /// Its time was over while its client was still there. The connection may be aborted since: Kestrel does so when a
    /// write is cancelled.
    /// </summary>
    public bool IsExpired => _source.IsCancellationRequested && !_isClientGone;

    public static RequestDeadline Set(HttpContext context, TimeSpan time)
    {
        var deadline = Idle.TryDequeue(out var idle) ? idle : new RequestDeadline();
        deadline._aborted = context.RequestAborted;
        deadline._registration = deadline._aborted.UnsafeRegister(
            static deadline => ((RequestDeadline)deadline!).OnClientGone(), deadline);
        deadline._source.CancelAfter(time);
        context.RequestAborted = deadline._source.Token;
        return deadline;
    }

    /// <summary>The request has its own token again, which tells of its client alone.</summary>
    public void Lift(HttpContext context) => context.RequestAborted = _aborted;

    private void OnClientGone()
    {
        if (!_source.IsCancellationRequested)
        {
            _isClientGone = true;
        }

        _source.Cancel();
    }

    public void Dispose()
    {
        _registration.Dispose();
        if (_source.TryReset())
        {
            _aborted = default;
            _isClientGone = false;
            Idle.Enqueue(this);
        }
        else
        {
            _source.Dispose();
        }
    }
}

namespace SoftmaxService.Api.Load;

/// <summary>Whether the service accepts work; the last two phases have the lengths that <c>Shutdown</c> sets.</summary>
internal enum WorkPhase
{
    /// <summary>It accepts work.</summary>
    Open,

    /// <summary>It still accepts work, but reports that it is not ready, so that load balancers send no more.</summary>
    Grace,

    /// <summary>It rejects new work and finishes what is in flight.</summary>
    Drain,
}

/// <summary>The requests in flight, and whether more are accepted.</summary>
internal sealed class Workload
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _idle;
    private int _inFlight;
    private volatile WorkPhase _phase = WorkPhase.Open;

    public WorkPhase Phase => _phase;

    public int InFlight => Volatile.Read(ref _inFlight);

    public void BeginGrace() => _phase = WorkPhase.Grace;

    public void BeginDrain() => _phase = WorkPhase.Drain;

    /// <summary>Counts a request, and returns how many are in flight with it.</summary>
    public int Begin() => Interlocked.Increment(ref _inFlight);

    public void End()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0 && _phase != WorkPhase.Open)
        {
            lock (_lock)
            {
                _idle?.TrySetResult();
            }
        }
    }

    /// <summary>
    /// Waits until no request is in flight, or the timeout has passed. Call it during the drain: before, the next
    /// request may follow at once.
    /// </summary>
    public async Task WhenIdleAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task idle;
        lock (_lock)
        {
            idle = (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        if (InFlight > 0)
        {
            await idle.WaitAsync(timeout, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

namespace SoftmaxService.Api.Load;

/// <summary>Whether the service takes work, on its way from start to end.</summary>
internal enum WorkPhase
{
    /// <summary>It takes all.</summary>
    Open,

    /// <summary>It still takes all, and tells load balancers that it is not ready, so that they send no more.</summary>
    Leaving,

    /// <summary>It takes nothing new and finishes what it has.</summary>
    Closed,
}

/// <summary>The requests that are being worked on, and whether more are taken.</summary>
internal sealed class Workload
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _idle;
    private int _inFlight;
    private volatile WorkPhase _phase = WorkPhase.Open;

    public WorkPhase Phase => _phase;

    public int InFlight => Volatile.Read(ref _inFlight);

    public void Leave() => _phase = WorkPhase.Leaving;

    public void Close() => _phase = WorkPhase.Closed;

    /// <summary>Counts a request, and gives how many there are with it.</summary>
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
    /// Waits until nothing is worked on, for so long at most. For once it is closed: before, there may be something
    /// again at once.
    /// </summary>
    public async Task WhenIdleAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        Task idle;
        lock (_lock)
        {
            idle = (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        if (InFlight > 0)
        {
            await idle.WaitAsync(atMost, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

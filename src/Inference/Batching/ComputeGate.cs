namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Limits how many requests decode images, or compute on logits that they bring, at once. More than one per core would
/// not be faster; each would only hold its decoded image, up to 160 MB, for longer. What takes long has as many permits
/// of its own, so that it never holds up what takes milliseconds. Waiting takes no thread. A permit is held during
/// computation but not while waiting for a run, so that others can prepare their inputs and join that run.
/// </summary>
/// <param name="permits">How many may compute at once, at least 1.</param>
/// <param name="longPermits">How many more may compute for long at once, at least 1.</param>
public sealed class ComputeGate(int permits, int longPermits = 1) : IDisposable
{
    private readonly Permits _permits = new(permits);
    private readonly Permits _longPermits = new(longPermits);

    /// <summary>
    /// A gate with one permit and one long permit per core: long work may have every core that is idle, and where none
    /// is, the system shares them among both kinds.
    /// </summary>
    public ComputeGate()
        : this(Environment.ProcessorCount, Environment.ProcessorCount)
    {
    }

    /// <summary>How many hold a permit that is not a long one.</summary>
    public int InUse => _permits.InUse;

    /// <summary>How many wait for a permit that is not a long one.</summary>
    public int Waiting => _permits.Waiting;

    /// <summary>How many wait for a long permit.</summary>
    public int LongWaiting => _longPermits.Waiting;

    /// <summary>Waits for a permit. Disposing the permit returns it.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask<Permit> EnterAsync(CancellationToken cancellationToken) => _permits.EnterAsync(cancellationToken);

    /// <summary>
    /// Waits for a permit to compute for more than a moment, on <see cref="OwnThread"/>. Disposing the permit returns
    /// it.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask<Permit> EnterLongAsync(CancellationToken cancellationToken) =>
        _longPermits.EnterAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _permits.Dispose();
        _longPermits.Dispose();
    }

    /// <summary>The right to compute. Dispose it exactly once.</summary>
    public readonly struct Permit : IDisposable
    {
        private readonly SemaphoreSlim _permits;

        internal Permit(SemaphoreSlim permits) => _permits = permits;

        /// <summary>Returns the permit.</summary>
        public void Dispose() => _permits.Release();
    }

    private sealed class Permits(int count) : IDisposable
    {
        private readonly SemaphoreSlim _free = new(count);
        private int _waiting;

        public int InUse => count - _free.CurrentCount;

        public int Waiting => Volatile.Read(ref _waiting);

        public ValueTask<Permit> EnterAsync(CancellationToken cancellationToken) =>
            !cancellationToken.IsCancellationRequested && _free.Wait(0, CancellationToken.None)
                ? new(new Permit(_free))
                : WaitAsync(cancellationToken);

        public void Dispose() => _free.Dispose();

        private async ValueTask<Permit> WaitAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _waiting);
            try
            {
                await _free.WaitAsync(cancellationToken);
                return new Permit(_free);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
    }
}

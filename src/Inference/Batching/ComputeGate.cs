namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Limits how many requests decode images, or compute on logits that they bring, at once. More than one per core would
/// not be faster; each would only hold its decoded image, up to 160 MB, for longer. What takes long has permits of its
/// own, so that it never holds up what takes milliseconds. Waiting takes no thread. A permit is held during computation
/// but not while waiting for a run, so that others can prepare their inputs and join that run.
/// </summary>
/// <param name="permits">How many may compute at once, at least 1.</param>
/// <param name="longPermits">How many more may compute for long at once, at least 1.</param>
public sealed class ComputeGate(int permits, int longPermits = 1) : IDisposable
{
    private readonly SemaphoreSlim _permits = new(permits);
    private readonly SemaphoreSlim _longPermits = new(longPermits);

    /// <summary>A gate with one permit per core, and a long one for every other core.</summary>
    public ComputeGate()
        : this(Environment.ProcessorCount, Math.Max(1, Environment.ProcessorCount / 2))
    {
    }

    /// <summary>Waits for a permit. Disposing the permit returns it.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask<Permit> EnterAsync(CancellationToken cancellationToken) =>
        EnterAsync(_permits, cancellationToken);

    /// <summary>Waits for a permit to compute for more than a moment. Disposing the permit returns it.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask<Permit> EnterLongAsync(CancellationToken cancellationToken) =>
        EnterAsync(_longPermits, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _permits.Dispose();
        _longPermits.Dispose();
    }

    private static ValueTask<Permit> EnterAsync(SemaphoreSlim permits, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested && permits.Wait(0, CancellationToken.None)
            ? new(new Permit(permits))
            : WaitAsync(permits, cancellationToken);

    private static async ValueTask<Permit> WaitAsync(SemaphoreSlim permits, CancellationToken cancellationToken)
    {
        await permits.WaitAsync(cancellationToken);
        return new Permit(permits);
    }

    /// <summary>The right to compute. Dispose it exactly once.</summary>
    public readonly struct Permit : IDisposable
    {
        private readonly SemaphoreSlim _permits;

        internal Permit(SemaphoreSlim permits) => _permits = permits;

        /// <summary>Returns the permit.</summary>
        public void Dispose() => _permits.Release();
    }
}

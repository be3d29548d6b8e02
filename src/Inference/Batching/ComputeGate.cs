namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Limits how many requests decode images, or compute on logits that they bring, at once. More than one per core would
/// not be faster; each would only hold its decoded image, up to 160 MB, for longer. Waiting takes no thread. A permit
/// is held during computation but not while waiting for a run, so that others can prepare their inputs and join that
/// run.
/// </summary>
/// <param name="permits">How many may compute at once, at least 1.</param>
public sealed class ComputeGate(int permits) : IDisposable
{
    private readonly SemaphoreSlim _permits = new(permits);

    /// <summary>A gate with one permit per core.</summary>
    public ComputeGate()
        : this(Environment.ProcessorCount)
    {
    }

    /// <summary>Waits for a permit. Disposing the permit returns it.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask<Permit> EnterAsync(CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested && _permits.Wait(0, CancellationToken.None)
            ? new(new Permit(_permits))
            : WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _permits.Dispose();

    private async ValueTask<Permit> WaitAsync(CancellationToken cancellationToken)
    {
        await _permits.WaitAsync(cancellationToken);
        return new Permit(_permits);
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

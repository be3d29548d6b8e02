namespace SoftmaxService.Inference;

/// <summary>
/// The gate in front of all decoding and softmax: as many compute at once as there are places. More would not be faster; each would only hold
/// its decoded image, up to 160 MB of it, for longer. Who waits, waits without a thread. A place is held while something is computed and
/// never while a run is waited for, so that others can prepare their inputs and join it.
/// </summary>
/// <param name="places">How many, at least 1.</param>
public sealed class ComputeGate(int places) : IDisposable
{
    private readonly SemaphoreSlim _places = new(places);

    /// <summary>A gate with as many places as there are cores.</summary>
    public ComputeGate()
        : this(Environment.ProcessorCount)
    {
    }

    /// <summary>Waits for a place; disposing what comes back frees it.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ValueTask<Place> EnterAsync(CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested && _places.Wait(0, CancellationToken.None) ? new(new Place(_places)) : WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private async ValueTask<Place> WaitAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        return new Place(_places);
    }

    /// <summary>A place; to be disposed once.</summary>
    public readonly struct Place : IDisposable
    {
        private readonly SemaphoreSlim _places;

        internal Place(SemaphoreSlim places) => _places = places;

        /// <summary>Frees the place.</summary>
        public void Dispose() => _places.Release();
    }
}

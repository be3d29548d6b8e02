namespace SoftmaxService.Api.Hosting;

/// <summary>
/// The one gate in front of all decoding, running and softmax: as many requests compute at once as there are cores. More would not be faster;
/// each would only hold its decoded image, up to 160 MB of it, for longer. Who waits, waits without a thread.
/// </summary>
internal sealed class ComputeGate : IDisposable
{
    private readonly SemaphoreSlim _places = new(Environment.ProcessorCount);

    /// <summary>Waits for a place; disposing what comes back frees it.</summary>
    public async ValueTask<Place> EnterAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        return new Place(_places);
    }

    public void Dispose() => _places.Dispose();

    public readonly struct Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}

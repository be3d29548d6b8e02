namespace SoftmaxService.Inference.Models;

/// <summary>The right to use one version of a model. The version stays loaded until every lease on it is returned, even when it is replaced meanwhile.</summary>
public sealed class ModelLease : IDisposable
{
    private readonly LoadedVersion _version;
    private bool _returned;

    internal ModelLease(LoadedVersion version) => _version = version;

    /// <summary>The version that is leased.</summary>
    /// <exception cref="ObjectDisposedException">The lease was returned.</exception>
    public ClassifierModel Model
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _returned), this);
            return _version.Model;
        }
    }

    /// <summary>Returns the lease; a second call does nothing.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _returned, true))
        {
            _version.Return();
        }
    }
}

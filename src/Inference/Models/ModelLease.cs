namespace SoftmaxService.Inference.Models;

/// <summary>
/// The right to use one version of a model. The version stays loaded until all its leases are returned, even if it is
/// replaced meanwhile.
/// </summary>
public sealed class ModelLease : IDisposable
{
    private readonly LoadedVersion _version;
    private bool _returned;

    internal ModelLease(LoadedVersion version) => _version = version;

    /// <summary>The leased version.</summary>
    /// <exception cref="ObjectDisposedException">The lease was returned.</exception>
    public ClassifierModel Model
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _returned), this);
            return _version.Model;
        }
    }

    /// <summary>Returns the lease. A second call does nothing.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _returned, true))
        {
            _version.Return();
        }
    }
}

namespace SoftmaxService.Inference.Models;

/// <summary>
/// A loaded model and its leases: the repository's own, which ends when the version is unlisted, and one per request
/// that uses it.
/// </summary>
internal sealed class LoadedVersion(ClassifierModel model, Action onFreed)
{
    private int _leases = 1;

    public ClassifierModel Model => model;

    /// <summary>Adds a lease; false if the last lease was returned and the model is freed.</summary>
    public bool TryLease()
    {
        for (var leases = Volatile.Read(ref _leases); leases > 0;)
        {
            var before = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (before == leases)
            {
                return true;
            }

            leases = before;
        }

        return false;
    }

    public void Return()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            model.Dispose();
            onFreed();
        }
    }
}

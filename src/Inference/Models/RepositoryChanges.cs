namespace SoftmaxService.Inference.Models;

/// <summary>
/// What a change of the repository's state leaves to do once its lock is released: freeing a model takes time, and
/// listeners may call the repository.
/// </summary>
internal sealed class RepositoryChanges
{
    private readonly List<LoadedVersion> _released = [];
    private readonly List<VersionLoad> _obsolete = [];

    public List<ModelChange> Announcements { get; } = [];

    /// <summary>A model that was loaded in vain.</summary>
    public ClassifierModel? Discarded { get; set; }

    /// <summary>Stops serving what a version has loaded.</summary>
    public void Release(VersionState state)
    {
        if (state.Serving is not null)
        {
            _released.Add(state.Serving);
        }

        state.Serving = null;
    }

    /// <summary>Unlists a version and announces it.</summary>
    public void Unload(VersionState state, string reason)
    {
        Release(state);
        (state.Tried, state.Fault) = (null, null);
        Announce(ModelChangeKind.Unloaded, state, reason);
    }

    public void Announce(ModelChangeKind kind, VersionState state, string? reason) =>
        Announcements.Add(new ModelChange(kind, state.Name, state.Version, Reason: reason));

    /// <summary>Ends a load that nobody wants any more.</summary>
    public void End(VersionLoad load) => _obsolete.Add(load);

    /// <summary>Tells loads that nobody wants any more to end. They may take a moment.</summary>
    public void EndLoads() => _obsolete.ForEach(load => load.End());

    /// <summary>Frees models that nothing uses any more; others are freed with their last lease.</summary>
    public void FreeModels()
    {
        Discarded?.Dispose();
        _released.ForEach(version => version.Return());
    }
}

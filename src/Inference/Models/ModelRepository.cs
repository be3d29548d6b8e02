using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// The models below one folder: <c>&lt;folder&gt;/&lt;name&gt;/&lt;version&gt;/model.onnx</c>, with or without a
/// <c>model.json</c> beside it. Each version is loaded and warmed up before it is listed. A version that cannot be
/// loaded is reported, keeps serving what its files held before, and does not keep the others from serving.
/// Thread-safe.
/// </summary>
/// <remarks>
/// Following a change takes two steps: <see cref="Scan"/> reads the folder, which is quick, and <see cref="LoadDue"/>
/// loads what has settled, which may take long. <see cref="RepositoryWatcher"/> calls both when they are due.
/// </remarks>
public sealed class ModelRepository : IDisposable
{
    /// <summary>The name of the meter that counts loads, failed loads, unloads and loaded versions.</summary>
    public const string MeterName = "SoftmaxService.Models";

    private readonly RepositoryMetrics _metrics;
    private readonly VersionLoader _loader;
    private readonly LoadTurn _loads = new();
    private readonly Lock _scans = new();

    // Guards the fields below. Never held while files are read or models are loaded.
    private readonly Lock _gate = new();
    private readonly VersionStore _store;
    private readonly RepositoryReconciler _reconciler;
    private ModelCatalog _current = ModelCatalog.Empty;
    private bool _isClosed;

    /// <summary>Makes a repository that has not loaded anything yet.</summary>
    /// <param name="settings">What to serve.</param>
    /// <param name="time">The clock by which files settle; null for the system's clock.</param>
    public ModelRepository(RepositorySettings settings, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        Settings = settings;
        _store = new VersionStore(settings, time);
        _reconciler = new RepositoryReconciler(_store, settings, time) { RunsFailing = Announce };
        _loader = new VersionLoader(settings, time, _loads.Closed) { AbandonedLoadEnded = LoadAgainWhatWasPutOff };
        _metrics = new RepositoryMetrics(this);
    }

    /// <summary>Reports each change once, on the thread that made it, after it has taken effect.</summary>
    public event Action<ModelChange>? Changed;

    /// <summary>What is served, and when changes are followed.</summary>
    public RepositorySettings Settings { get; }

    /// <summary>What is served now. Read it once for everything that must be consistent.</summary>
    public ModelCatalog Current => Volatile.Read(ref _current);

    /// <summary>Versions in memory: those that are listed, and those that are not but are still leased.</summary>
    public int LoadedCount => _store.LoadedCount;

    /// <summary>Loads that took too long, were given up, and still run.</summary>
    internal int AbandonedLoads => _loader.AbandonedCount;

    /// <summary>Called on the thread that loads a version before its files are read.</summary>
    internal Action<VersionState>? Reading
    {
        set => _loader.Reading = value;
    }

    /// <summary>Whether a version's files have settled and are waiting to be loaded.</summary>
    public bool IsLoadDue
    {
        get
        {
            lock (_gate)
            {
                return _store.Versions.Any(_store.IsDue);
            }
        }
    }

    /// <summary>Leases the model that a request asks for. Dispose the lease when the request has finished.</summary>
    /// <param name="name">A model's name; null for the default model.</param>
    /// <param name="version">A version; null for the highest.</param>
    /// <exception cref="InferenceException">
    /// There is no such model or version; the message lists what there is.
    /// </exception>
    public ModelLease Acquire(string? name, string? version)
    {
        while (true)
        {
            // A version is unlisted before its model is freed: without a lease, a newer catalogue is in force.
            var found = Current.FindLoaded(name, version);
            if (found.TryLease())
            {
                return new ModelLease(found);
            }
        }
    }

    /// <summary>
    /// Loads everything that is there now and takes every file to be complete. Loads as many versions at a time as
    /// there are cores. Meant for the start. Meanwhile <see cref="Current"/> already serves what is loaded.
    /// </summary>
    public void LoadAll()
    {
        SetStarting(true);
        try
        {
            Read(takeAsComplete: true);
            _loads.TryRun(() => Parallel.For(0, Environment.ProcessorCount, _ =>
            {
                while (TryLoadNext(_store.IsDue))
                {
                }
            }));
        }
        finally
        {
            SetStarting(false);
        }
    }

    /// <summary>
    /// Reads the folder: notes what is new or has changed, and unlists what has been gone for the settle time. Loads
    /// nothing.
    /// </summary>
    /// <returns>How long until a change that is seen now has settled; infinite when there is none.</returns>
    public TimeSpan Scan()
    {
        Read(takeAsComplete: false);
        lock (_gate)
        {
            return _store.UntilSettled();
        }
    }

    /// <summary>
    /// Loads every version whose files have settled, one at a time, each beside the old version that it then replaces.
    /// </summary>
    public void LoadDue()
    {
        var hasMore = true;
        while (hasMore && _loads.TryRun(() => hasMore = TryLoadNext(_store.IsDue)))
        {
        }
    }

    /// <summary>
    /// Loads a model's versions now, even those that are loaded already, and lists the model again if it was unloaded.
    /// Waits for loads in progress.
    /// </summary>
    /// <param name="name">The model's name, which is the name of a folder in the repository.</param>
    /// <param name="cancellationToken">Ends the wait, but not the load.</param>
    /// <exception cref="InferenceException">The repository holds no such folder.</exception>
    /// <exception cref="ModelLoadException">
    /// A version could not be loaded; the message says which and why. What was served before is still served.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled, or the repository closes.</exception>
    public Task LoadAsync(string name, CancellationToken cancellationToken) =>
        _loads.RunAsync(() => LoadNow(name), cancellationToken);

    /// <summary>
    /// Unlists a model until it is loaded by name or the service restarts. Changes of its files are not followed
    /// meanwhile.
    /// </summary>
    /// <param name="name">The model's name.</param>
    /// <exception cref="InferenceException">The repository holds no such model.</exception>
    public void Unload(string name)
    {
        var changes = new RepositoryChanges();
        lock (_gate)
        {
            if (_store.VersionsOf(name).Length == 0)
            {
                throw _store.NoSuchFolder(name);
            }

            _store.MarkUnloaded(name);
            Reconcile(changes);
        }

        Complete(changes);
    }

    /// <summary>
    /// Every version that was found when the folder was last read, by name and number, whether it is served or not.
    /// </summary>
    public IReadOnlyList<ModelIndexEntry> Index()
    {
        lock (_gate)
        {
            return _store.Index();
        }
    }

    /// <summary>
    /// Ends a load in progress, unlists everything, and frees each version when its last lease is returned.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
        }

        _loads.Dispose();
        var changes = new RepositoryChanges();
        lock (_gate)
        {
            foreach (var state in _store.Versions)
            {
                changes.Release(state);
            }

            Volatile.Write(ref _current, ModelCatalog.Empty);
        }

        changes.FreeModels();
        _metrics.Dispose();
    }

    private void SetStarting(bool isStarting)
    {
        var changes = new RepositoryChanges();
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _reconciler.IsStarting = isStarting;
            Reconcile(changes);
        }

        Complete(changes);
    }

    private void Read(bool takeAsComplete)
    {
        var changes = new RepositoryChanges();
        lock (_scans)
        {
            var listing = FolderListing.Read(Settings.Folder);
            lock (_gate)
            {
                if (_isClosed)
                {
                    return;
                }

                _store.Record(listing, takeAsComplete);
                Reconcile(changes);
            }
        }

        Complete(changes);
    }

    private void Reconcile(RepositoryChanges changes) =>
        Volatile.Write(ref _current, _reconciler.Reconcile(_current, changes));

    /// <summary>Frees and announces what a change left to do. The lock must not be held.</summary>
    private void Complete(RepositoryChanges changes)
    {
        changes.FreeModels();
        foreach (var change in changes.Announcements)
        {
            _metrics.Count(change);
            Changed?.Invoke(change);
        }
    }

    private void Announce(ClassifierModel model) => Changed?.Invoke(
        new ModelChange(ModelChangeKind.RunsFailing, model.Name, model.Version, Reason: model.RunFault));

    /// <summary>Loads the first version that is chosen, while nobody else loads; false when none is.</summary>
    private bool TryLoadNext(Func<VersionState, bool> choose)
    {
        VersionState? state;
        lock (_gate)
        {
            state = _isClosed ? null : _store.Versions.FirstOrDefault(choose);
            if (state is null)
            {
                return false;
            }

            state.IsLoading = true;
        }

        var attempt = _loader.Load(state);
        var changes = new RepositoryChanges();
        lock (_gate)
        {
            if (_isClosed)
            {
                changes.Discarded = attempt.Model;
            }
            else
            {
                _reconciler.Apply(state, attempt, changes);
                Reconcile(changes);
            }
        }

        Complete(changes);
        return true;
    }

    private void LoadAgainWhatWasPutOff()
    {
        var changes = new RepositoryChanges();
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            foreach (var state in _store.Versions.Where(state => VersionLoader.IsPutOff(state.Fault)))
            {
                state.Tried = null;
            }

            Reconcile(changes);
        }

        Complete(changes);
    }

    private void LoadNow(string name)
    {
        Read(takeAsComplete: false);
        VersionState[] wanted;
        var changes = new RepositoryChanges();
        lock (_gate)
        {
            // The name is looked up among the folders that were listed, so that it cannot lead out of the repository.
            var versions = _store.VersionsOf(name);
            if (versions.Length == 0)
            {
                throw _store.FaultOf(name) is { } fault
                    ? new ModelLoadException(fault.Reason)
                    : _store.NoSuchFolder(name);
            }

            foreach (var state in versions)
            {
                state.Settle(tryAgain: true);
            }

            _store.MarkLoaded(name);
            Reconcile(changes);
            wanted = [.. versions.Where(state => state.IsWanted)];
        }

        Complete(changes);
        var tried = new HashSet<VersionState>();
        while (TryLoadNext(state => state.Name == name && _store.IsDue(state) && tried.Add(state)))
        {
        }

        _loads.Closed.ThrowIfCancellationRequested();
        ThrowUnlessServing(wanted);
    }

    private void ThrowUnlessServing(VersionState[] wanted)
    {
        if (wanted.Length == 0)
        {
            throw new ModelLoadException("the version policy leaves out every version that is there");
        }

        lock (_gate)
        {
            string[] faults =
            [
                .. from state in wanted
                   where state.Fault is not null || state.IsPending || state.Serving is null
                   select $"version {state.Version}: {state.Fault ?? "its files changed while they were read"}",
            ];
            if (faults.Length > 0)
            {
                throw new ModelLoadException(string.Join("; ", faults));
            }
        }
    }
}

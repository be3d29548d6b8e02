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

    // A process that exits while native code runs may crash, so a load gets time to notice that it is to end.
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(5);

    private readonly RepositoryMetrics _metrics;
    private readonly VersionLoader _loader;
    private readonly Lock _scans = new();
    private readonly CancellationTokenSource _closing = new();

    // How many versions are opened at once. Neither has a wait handle that would have to be freed.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly SemaphoreSlim _turnsAtStart = new(Environment.ProcessorCount);

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
        _loader = new VersionLoader(settings, time, _closing.Token) { AbandonedLoadEnded = LoadAgainWhatWasPutOff };
        _metrics = new RepositoryMetrics(this);
    }

    /// <summary>Reports each change once, on the thread that made it, after it has taken effect.</summary>
    public event Action<ModelChange>? Changed;

    /// <summary>Reports the end of each load, whatever came of it.</summary>
    internal event Action? LoadEnded;

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

    /// <inheritdoc cref="LoadAllAsync"/>
    public void LoadAll() => LoadAllAsync().GetAwaiter().GetResult();

    /// <summary>
    /// Loads everything that is there now and takes every file to be complete. Loads as many versions at a time as
    /// there are cores, while others are probed. Meant for the start. Meanwhile <see cref="Current"/> already serves
    /// what is loaded.
    /// </summary>
    /// <returns>A task that ends when each version is loaded or has failed.</returns>
    public async Task LoadAllAsync()
    {
        SetStarting(true);
        try
        {
            Read(takeAsComplete: true);
            await LoadDueAsync(_turnsAtStart).ConfigureAwait(false);
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

    /// <inheritdoc cref="LoadDueAsync()"/>
    public void LoadDue() => LoadDueAsync().GetAwaiter().GetResult();

    /// <summary>
    /// Loads every version whose files have settled, one at a time, each beside the old version that it then replaces.
    /// Meanwhile others are probed. A load ends early when its files change or its version is no longer to be served.
    /// </summary>
    /// <returns>A task that ends when each of them is loaded or has failed.</returns>
    public Task LoadDueAsync() => LoadDueAsync(_turn);

    /// <summary>
    /// Loads a model's versions now, even those that are loaded already, and lists the model again if it was unloaded.
    /// A version that is being loaded is awaited instead. Waits for its turn, but for nobody's probe.
    /// </summary>
    /// <param name="name">The model's name, which is the name of a folder in the repository.</param>
    /// <param name="cancellationToken">Ends the wait, but not the load.</param>
    /// <exception cref="InferenceException">The repository holds no such folder.</exception>
    /// <exception cref="ModelLoadException">
    /// A version could not be loaded; the message says which and why. What was served before is still served.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled, or the repository closes.</exception>
    public async Task LoadAsync(string name, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        end.Token.ThrowIfCancellationRequested();
        var wanted = TryAgain(name);
        var tried = new HashSet<VersionState>();
        while (BeginOrJoin(name, tried) is { Length: > 0 } loads)
        {
            await Task.WhenAll(loads).WaitAsync(end.Token).ConfigureAwait(false);
        }

        end.Token.ThrowIfCancellationRequested();
        lock (_gate)
        {
            _store.ThrowUnlessServing(wanted);
        }
    }

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
            _store.Unload(name);
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
    /// Ends loads in progress, unlists everything, and frees each version when its last lease is returned.
    /// </summary>
    public void Dispose()
    {
        Task[] running;
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            running = [.. _store.Versions.Select(state => state.Load?.Ended).OfType<Task>()];
        }

        _closing.Cancel();
        Task.WaitAll(running, ClosingTime);
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
        changes.EndLoads();
        changes.FreeModels();
        foreach (var change in changes.Announcements)
        {
            _metrics.Count(change);
            Changed?.Invoke(change);
        }
    }

    private void Announce(ClassifierModel model) => Changed?.Invoke(
        new ModelChange(ModelChangeKind.RunsFailing, model.Name, model.Version, Reason: model.RunFault));

    /// <summary>Begins to load what is due, and then whatever is due when one of these has ended.</summary>
    private Task LoadDueAsync(SemaphoreSlim turn) => Task.WhenAll(Begin(_store.IsDue, turn).Select(async load =>
    {
        await load.ConfigureAwait(false);
        await LoadDueAsync(turn).ConfigureAwait(false);
    }));

    /// <summary>Begins to load each version that is chosen.</summary>
    private Task[] Begin(Func<VersionState, bool> choose, SemaphoreSlim turn)
    {
        VersionLoad[] loads;
        lock (_gate)
        {
            loads = _isClosed ? [] : [.. _store.Versions.Where(choose).Select(state => state.Load = new(state))];
        }

        return Array.ConvertAll(loads, load => RunAsync(load, turn));
    }

    private async Task RunAsync(VersionLoad load, SemaphoreSlim turn)
    {
        try
        {
            var attempt = await _loader.LoadAsync(load, turn).ConfigureAwait(false);
            var changes = new RepositoryChanges();
            lock (_gate)
            {
                if (_isClosed)
                {
                    changes.Discarded = attempt?.Model;
                }
                else
                {
                    _reconciler.Apply(load, attempt, changes);
                    Reconcile(changes);
                }
            }

            Complete(changes);
        }
        finally
        {
            load.SetEnded();
            LoadEnded?.Invoke();
        }
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

    /// <summary>Lists a model again and has its versions tried again.</summary>
    /// <returns>The versions that are to be served.</returns>
    private VersionState[] TryAgain(string name)
    {
        Read(takeAsComplete: false);
        VersionState[] versions;
        var changes = new RepositoryChanges();
        lock (_gate)
        {
            versions = _store.TryAgain(name);
            Reconcile(changes);
            versions = [.. versions.Where(state => state.IsWanted)];
        }

        Complete(changes);
        return versions;
    }

    /// <summary>The loads of a model that are in progress or due, except those of versions that were tried.</summary>
    private Task[] BeginOrJoin(string name, HashSet<VersionState> tried)
    {
        Task[] running;
        lock (_gate)
        {
            // One that was told to end is awaited and then tried again.
            var loads = _store.VersionsOf(name).Select(state => state.Load).OfType<VersionLoad>();
            running = [.. loads.Where(load => load.IsObsolete || tried.Add(load.State)).Select(load => load.Ended)];
        }

        return [.. running, .. Begin(state => state.Name == name && _store.IsDue(state) && tried.Add(state), _turn)];
    }
}

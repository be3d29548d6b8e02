using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// The models below one folder: <c>&lt;folder&gt;/&lt;name&gt;/&lt;version&gt;/model.onnx</c>, with or without a <c>model.json</c> beside it.
/// Each is loaded and warmed up before it is listed; one that cannot be loaded is reported, keeps serving what its files held before, and
/// does not keep the rest from serving. Safe for any number of threads.
/// </summary>
/// <remarks>
/// Following a change takes two steps: <see cref="Scan"/> reads the folder, which is quick, and <see cref="LoadDue"/> loads what has settled,
/// which may take long. <see cref="RepositoryWatcher"/> calls both in time.
/// </remarks>
public sealed partial class ModelRepository : IDisposable
{
    /// <summary>The name of the meter that counts loads, failed loads, unloads and loaded versions.</summary>
    public const string MeterName = "SoftmaxService.Models";

    // A process that exits in the middle of native code may crash, so a load is given time to notice that it is to end.
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(5);

    private readonly RepositorySettings _settings;
    private readonly TimeProvider _time;
    private readonly RepositoryMetrics _metrics;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly Lock _scans = new();
    private readonly SemaphoreSlim _loads = new(1);

    // Guards the fields below it; never held while files are read or models loaded.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string Name, int Number), VersionState> _versions = new(Comparer<(string Name, int Number)>.Create(Compare));
    private readonly HashSet<string> _unloaded = new(StringComparer.Ordinal);
    private Dictionary<ModelLoadFailure, long?> _faults = [];
    private bool _isClosed;

    private ModelCatalog _current;
    private int _loadedCount;

    /// <summary>A repository that has loaded nothing yet.</summary>
    /// <param name="settings">What to serve.</param>
    /// <param name="time">The clock by which files settle; the system's unless given.</param>
    public ModelRepository(RepositorySettings settings, TimeProvider? time = null)
    {
        _settings = settings;
        _time = time ?? TimeProvider.System;
        _closed = _closing.Token;
        _current = new ModelCatalog([], [], defaultModel: null, preferredModel: null);
        _metrics = new RepositoryMetrics(this);
    }

    /// <summary>Tells each change once, on the thread that made it, after it has come into force.</summary>
    public event Action<ModelChange>? Changed;

    /// <summary>What it serves and when it follows changes.</summary>
    public RepositorySettings Settings => _settings;

    /// <summary>What is served now. Read it once for all that must belong together.</summary>
    public ModelCatalog Current => Volatile.Read(ref _current);

    /// <summary>Versions in memory: those that are listed, and those that are not but are still leased.</summary>
    public int LoadedCount => Volatile.Read(ref _loadedCount);

    /// <summary>Whether a version's files have settled and wait to be loaded.</summary>
    public bool IsLoadDue
    {
        get
        {
            lock (_gate)
                return _versions.Values.Any(IsDue);
        }
    }

    /// <summary>Leases the model that a request asks for. Dispose the lease when the request no longer uses the model.</summary>
    /// <param name="name">A model's name; null for the default model.</param>
    /// <param name="version">A version; null for the highest.</param>
    /// <exception cref="InferenceException">There is no such model or version; the message lists what there is.</exception>
    public ModelLease Acquire(string? name, string? version)
    {
        while (true)
        {
            // A version is unlisted before the repository returns its own lease: where none can be had, another catalog is in force.
            var found = Current.FindLoaded(name, version);
            if (found.TryLease())
                return new ModelLease(found);
        }
    }

    /// <summary>Loads all that is there now, taking every file for complete, as many versions at a time as there are cores. For the start, before the first request.</summary>
    public void LoadAll()
    {
        Read(takeAsComplete: true);
        InPlaceOfLoad(() => Parallel.For(0, Environment.ProcessorCount, _ =>
        {
            while (TryLoadNext(IsDue))
            {
            }
        }));
    }

    /// <summary>
    /// Reads the folder: notes what is new or has changed, and unlists what has been gone for the settle time. Loads nothing.
    /// </summary>
    /// <returns>In how much time a change that is seen now will have settled; infinite when there is none.</returns>
    public TimeSpan Scan()
    {
        Read(takeAsComplete: false);
        lock (_gate)
        {
            var rests = _versions.Values.Where(state => state.IsPending || state.Seen.IsGone).Select(state => state.Unsettled(_settings.SettleTime, _time))
                .Concat(_faults.Values.OfType<long>().Select(since => _settings.SettleTime - _time.GetElapsedTime(since)));
            return rests.Where(rest => rest > TimeSpan.Zero).DefaultIfEmpty(Timeout.InfiniteTimeSpan).Min();
        }
    }

    /// <summary>Loads every version whose files have settled, one at a time, each beside the old one, which it then replaces.</summary>
    public void LoadDue()
    {
        var isMore = true;
        while (isMore && InPlaceOfLoad(() => isMore = TryLoadNext(IsDue)))
        {
        }
    }

    /// <summary>Loads a model's versions now, also those that are loaded already, and lists the model again if it was unloaded. Waits for loads that are under way.</summary>
    /// <param name="name">The model's name: that of a folder in the repository.</param>
    /// <param name="cancellation">Ends the wait, not the load.</param>
    /// <exception cref="InferenceException">The repository holds no such folder.</exception>
    /// <exception cref="ModelLoadException">A version could not be loaded; the message says which and why. What was served before is served still.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended, or the repository closes.</exception>
    public async Task LoadAsync(string name, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed);
        await _loads.WaitAsync(either.Token).ConfigureAwait(false);
        var load = Task.Run(() =>
        {
            try
            {
                LoadNow(name);
            }
            finally
            {
                _loads.Release();
            }
        }, CancellationToken.None);
        await load.WaitAsync(either.Token).ConfigureAwait(false);
    }

    /// <summary>Unlists a model until it is loaded by name or the service starts anew; changes of its files are not followed meanwhile.</summary>
    /// <param name="name">The model's name.</param>
    /// <exception cref="InferenceException">The repository holds no such model.</exception>
    public void Unload(string name)
    {
        var outcome = new Outcome();
        lock (_gate)
        {
            if (!_versions.Values.Any(state => state.Name == name))
                throw NoSuchFolder(name);
            _unloaded.Add(name);
            Reconcile(outcome);
        }

        Announce(outcome);
    }

    /// <summary>Every version that was found when the folder was last read, by name and number, whether it is served or not.</summary>
    public IReadOnlyList<ModelIndexEntry> Index()
    {
        lock (_gate)
        {
            return
            [
                .. _versions.Values.Where(state => state.Serving is not null || !state.Seen.IsGone).Select(Describe)
                    .Concat(SettledFaults().Where(fault => fault.Name.Length > 0).Select(fault => new ModelIndexEntry(fault.Name, fault.Version, ModelState.Unavailable, fault.Reason)))
                    .OrderBy(entry => entry.Name, StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>Ends a load that is under way, unlists everything, and frees each version when its last lease is returned.</summary>
    public void Dispose()
    {
        var outcome = new Outcome();
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
        }

        _closing.Cancel();
        _loads.Wait(ClosingTime, CancellationToken.None);
        lock (_gate)
        {
            foreach (var state in _versions.Values)
                outcome.Release(state);
            Volatile.Write(ref _current, new ModelCatalog([], [], defaultModel: null, preferredModel: null));
        }

        outcome.Released.ForEach(version => version.Return());
        _metrics.Dispose();
    }

    private static int Compare((string Name, int Number) left, (string Name, int Number) right) =>
        string.CompareOrdinal(left.Name, right.Name) is not 0 and var byName ? byName : left.Number.CompareTo(right.Number);

    /// <summary>Waits until nobody else loads; false when the repository closes instead.</summary>
    private bool InPlaceOfLoad(Action load)
    {
        try
        {
            _loads.Wait(_closed);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        try
        {
            load();
            return true;
        }
        finally
        {
            _loads.Release();
        }
    }

    private InferenceException NoSuchFolder(string name) =>
        new(InferenceError.ModelNotFound, $"The repository holds no folder '{Quoting.Shorten(name)}'. Its folders are: {string.Join(", ", _versions.Keys.Select(key => key.Name).Distinct())}.");

    private ModelIndexEntry Describe(VersionState state) => state switch
    {
        { Serving: not null } => new(state.Name, state.Version, ModelState.Ready, state.Fault is null ? "" : KeepsServing(state.Fault)),
        _ when _unloaded.Contains(state.Name) => new(state.Name, state.Version, ModelState.Unavailable, "it was unloaded on request"),
        { HasFailed: true } => new(state.Name, state.Version, ModelState.Unavailable, state.Fault!),
        { IsWanted: true } => new(state.Name, state.Version, ModelState.Loading, ""),
        _ => new(state.Name, state.Version, ModelState.Unavailable, "the version policy leaves it out"),
    };
}

using System.Globalization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// What is known about a repository's folder: its versions and what each serves, folders that cannot be served, and
/// models that were unloaded by request. Guarded by the repository's lock, except for <see cref="LoadedCount"/>.
/// </summary>
internal sealed class VersionStore(RepositorySettings settings, TimeProvider time)
{
    public const string UnloadedOnRequest = "it was unloaded on request";
    public const string LeftOutByPolicy = "the version policy leaves it out";

    private readonly SortedDictionary<(string Name, int Number), VersionState> _versions =
        new(Comparer<(string Name, int Number)>.Create(Compare));

    private readonly HashSet<string> _unloaded = new(StringComparer.Ordinal);

    // When each fault was first seen; null when it is reported at once.
    private Dictionary<ModelLoadFailure, long?> _faults = [];
    private int _loadedCount;

    /// <summary>All versions, by name and number.</summary>
    public IReadOnlyCollection<VersionState> Versions => _versions.Values;

    /// <summary>Versions in memory: those that are listed, and those that are not but are still leased.</summary>
    public int LoadedCount => Volatile.Read(ref _loadedCount);

    public VersionState[] VersionsOf(string name) => [.. _versions.Values.Where(state => state.Name == name)];

    public bool IsUnloaded(string name) => _unloaded.Contains(name);

    public VersionPolicy PolicyOf(string name) => settings.Versions.GetValueOrDefault(name, VersionPolicy.All);

    public bool IsSettled(VersionState state) => state.UntilSettled(settings.SettleTime, time) == TimeSpan.Zero;

    public bool IsDue(VersionState state) => state.IsPending && IsSettled(state);

    /// <summary>Records what the folder holds now.</summary>
    /// <param name="listing">What the folder holds.</param>
    /// <param name="takeAsComplete">Whether every file is taken to be complete, however new.</param>
    public void Record(FolderListing listing, bool takeAsComplete)
    {
        var now = time.GetTimestamp();
        var found = new HashSet<VersionState>();
        foreach (var (name, number, folder, fingerprint) in listing.Versions)
        {
            var state = FindOrAdd(name, number, folder);
            state.Note(fingerprint, now);
            found.Add(state);
        }

        foreach (var state in _versions.Values)
        {
            if (!found.Contains(state) && listing.Knows(state.Name))
            {
                state.Note(VersionFingerprint.Gone, now);
            }

            if (takeAsComplete)
            {
                state.Settle(tryAgain: false);
            }
        }

        _faults = listing.Faults.Concat(MissingVersions(listing)).Distinct().ToDictionary(
            fault => fault,
            fault => takeAsComplete ? null : _faults.TryGetValue(fault, out var since) ? since : now);
    }

    /// <summary>Leaves out a model until it is tried again.</summary>
    /// <exception cref="InferenceException">There is no such model.</exception>
    public void Unload(string name)
    {
        if (VersionsOf(name).Length == 0)
        {
            throw NoSuchFolder(name);
        }

        _unloaded.Add(name);
    }

    /// <summary>
    /// Takes a model's files to be complete and its versions as not yet tried, except for those that are being loaded.
    /// </summary>
    /// <returns>Its versions.</returns>
    /// <exception cref="InferenceException">There is no such model.</exception>
    /// <exception cref="ModelLoadException">It has no version; the message says why.</exception>
    public VersionState[] TryAgain(string name)
    {
        // The name is looked up among the folders that were listed, so that it cannot lead out of the repository.
        var versions = VersionsOf(name);
        if (versions.Length == 0)
        {
            throw _faults.Keys.FirstOrDefault(fault => fault.Name == name) is { } fault
                ? new ModelLoadException(fault.Reason)
                : NoSuchFolder(name);
        }

        foreach (var state in versions)
        {
            state.Settle(tryAgain: state.Load is null);
        }

        _unloaded.Remove(name);
        return versions;
    }

    /// <exception cref="ModelLoadException">
    /// One of the versions does not serve its files; the message says why.
    /// </exception>
    public void ThrowUnlessServing(VersionState[] wanted)
    {
        if (wanted.Length == 0)
        {
            throw new ModelLoadException("the version policy leaves out every version that is there");
        }

        string[] faults =
        [
            .. from state in wanted
               where state.Fault is not null || state.IsPending || state.Serving is null
               select $"version {state.Version}: {state.Fault ?? WhyEnded(state)}",
        ];
        if (faults.Length > 0)
        {
            throw new ModelLoadException(string.Join("; ", faults));
        }

        string WhyEnded(VersionState state) =>
            IsUnloaded(state.Name) ? UnloadedOnRequest : "its files changed while they were read";
    }

    /// <summary>Serves a model that was just loaded.</summary>
    public void Serve(VersionState state, ClassifierModel model)
    {
        Interlocked.Increment(ref _loadedCount);
        state.Serving = new LoadedVersion(model, () => Interlocked.Decrement(ref _loadedCount));
    }

    /// <summary>Drops versions whose folders are gone and of which nothing is served.</summary>
    public void ForgetGone()
    {
        VersionState[] gone = [.. _versions.Values.Where(state =>
            state is { Seen.IsGone: true, Serving: null, Load: null } && IsSettled(state))];
        foreach (var state in gone)
        {
            _versions.Remove((state.Name, state.Number));
        }
    }

    /// <summary>How long until the next change that is already seen has settled; infinite when there is none.</summary>
    public TimeSpan UntilSettled()
    {
        var versions = _versions.Values.Where(state => state.IsPending || state.Seen.IsGone)
            .Select(state => state.UntilSettled(settings.SettleTime, time));
        var faults = _faults.Values.OfType<long>().Select(since => settings.SettleTime - time.GetElapsedTime(since));
        return versions.Concat(faults)
            .Where(rest => rest > TimeSpan.Zero)
            .DefaultIfEmpty(Timeout.InfiniteTimeSpan)
            .Min();
    }

    /// <summary>
    /// The folders that cannot be served as they are, once their faults have lasted for the settle time.
    /// </summary>
    public IEnumerable<ModelLoadFailure> SettledFaults() =>
        from entry in _faults
        where !_unloaded.Contains(entry.Key.Name)
        where entry.Value is not { } since || time.GetElapsedTime(since) >= settings.SettleTime
        select KeepsServing(entry.Key) ? entry.Key.AsKeptServing() : entry.Key;

    /// <summary>Every version that was found, and every faulty folder, whether served or not.</summary>
    public IReadOnlyList<ModelIndexEntry> Index()
    {
        var versions = _versions.Values
            .Where(state => state.Serving is not null || !state.Seen.IsGone)
            .Select(Describe);
        var faults = SettledFaults()
            .Where(fault => fault.Name.Length > 0)
            .Select(fault => new ModelIndexEntry(fault.Name, fault.Version, ModelState.Unavailable, fault.Reason));
        return [.. versions.Concat(faults).OrderBy(entry => entry.Name, StringComparer.Ordinal)];
    }

    /// <summary>The versions that are to be served and are not yet, by name and number.</summary>
    public IEnumerable<ModelIdentity> Loading() =>
        from state in _versions.Values
        where IsStillLoading(state)
        select new ModelIdentity(state.Name, state.Version);

    private InferenceException NoSuchFolder(string name)
    {
        var names = _versions.Keys.Select(key => key.Name).Distinct();
        return new InferenceException(
            InferenceError.ModelNotFound,
            $"The repository holds no folder '{Quoting.Shorten(name)}'. Its folders are: {string.Join(", ", names)}.");
    }

    private ModelIndexEntry Describe(VersionState state)
    {
        var (answers, reason) = state switch
        {
            { Serving: not null, Fault: { } fault } => (ModelState.Ready, ModelLoadFailure.WithOlderContent(fault)),
            { Serving: not null } => (ModelState.Ready, ""),
            _ when IsUnloaded(state.Name) => (ModelState.Unavailable, UnloadedOnRequest),
            { HasFailed: true, Fault: { } fault } => (ModelState.Unavailable, fault),
            _ when IsStillLoading(state) => (ModelState.Loading, ""),
            _ => (ModelState.Unavailable, LeftOutByPolicy),
        };
        return new ModelIndexEntry(state.Name, state.Version, answers, reason);
    }

    private static bool IsStillLoading(VersionState state) =>
        state is { IsWanted: true, Serving: null, HasFailed: false, Seen.IsGone: false };

    /// <summary>Whether models that were loaded from a faulty folder, one model's or all, still answer.</summary>
    private bool KeepsServing(ModelLoadFailure fault) =>
        fault.Version.Length == 0
        && _versions.Values.Any(state =>
            state.Serving is not null && (fault.Name.Length == 0 || fault.Name == state.Name));

    private VersionState FindOrAdd(string name, int number, string folder)
    {
        if (!_versions.TryGetValue((name, number), out var state))
        {
            state = new VersionState(name, number, folder);
            _versions.Add((name, number), state);
        }

        state.Folder = folder;
        return state;
    }

    private IEnumerable<ModelLoadFailure> MissingVersions(FolderListing listing) =>
        from name in listing.Names
        where listing.Knows(name)
        from number in PolicyOf(name).Listed
        where !_versions.TryGetValue((name, number), out var state) || state.Seen.IsGone
        select new ModelLoadFailure(
            name,
            number.ToString(CultureInfo.InvariantCulture),
            "the version policy asks for it, but there is no such folder");

    private static int Compare((string Name, int Number) left, (string Name, int Number) right) =>
        string.CompareOrdinal(left.Name, right.Name) is not 0 and var byName
            ? byName
            : left.Number.CompareTo(right.Number);
}

using System.Globalization;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

// How the repository follows its folder: what is read, what is wanted of it, and how one version takes another's place.
public sealed partial class ModelRepository
{
    private static string KeepsServing(string fault) => $"{fault}; the older content keeps serving";

    private bool IsDue(VersionState state) => state.IsPending && state.Unsettled(_settings.SettleTime, _time) == TimeSpan.Zero;

    private VersionPolicy PolicyOf(string name) => _settings.Versions.GetValueOrDefault(name, VersionPolicy.All);

    private void Read(bool takeAsComplete)
    {
        var outcome = new Outcome();
        lock (_scans)
        {
            var listing = FolderListing.Read(_settings.Folder);
            lock (_gate)
            {
                if (_isClosed)
                    return;
                Note(listing, takeAsComplete);
                Reconcile(outcome);
            }
        }

        Announce(outcome);
    }

    private void Note(FolderListing listing, bool takeAsComplete)
    {
        var now = _time.GetTimestamp();
        var found = new HashSet<VersionState>();
        foreach (var (name, number, fingerprint) in listing.Versions)
        {
            if (!_versions.TryGetValue((name, number), out var state))
                _versions.Add((name, number), state = new VersionState(name, number, Path.Combine(_settings.Folder, name, number.ToString(CultureInfo.InvariantCulture))));
            state.Note(fingerprint, now);
            found.Add(state);
        }

        foreach (var state in _versions.Values)
        {
            if (!found.Contains(state) && listing.Knows(state.Name))
                state.Note(VersionFingerprint.Gone, now);
            if (takeAsComplete)
                state.Settle(tryAgain: false);
        }

        var missing = from name in listing.Names
                      where listing.Knows(name)
                      from number in PolicyOf(name).Listed
                      where !_versions.TryGetValue((name, number), out var state) || state.Seen.IsGone
                      select new ModelLoadFailure(name, number.ToString(CultureInfo.InvariantCulture), "the version policy asks for it, but there is no such folder");
        _faults = listing.Faults.Concat(missing).Distinct().ToDictionary(
            fault => fault,
            fault => takeAsComplete ? null : _faults.TryGetValue(fault, out var since) ? since : now);
    }

    /// <summary>Decides what is wanted, unlists what is not, and puts a new catalog in force where that changes anything.</summary>
    private void Reconcile(Outcome outcome)
    {
        foreach (var model in _versions.Values.GroupBy(state => state.Name).ToArray())
        {
            var policy = _unloaded.Contains(model.Key) ? null : PolicyOf(model.Key);
            Want(policy, [.. model]);
            Unlist(policy, [.. model], outcome);
        }

        foreach (var gone in _versions.Values.Where(state => state is { Seen.IsGone: true, Serving: null, IsLoading: false } && IsSettled(state)).ToArray())
            _versions.Remove((gone.Name, gone.Number));

        Publish(outcome);
    }

    /// <summary>A version that failed, and serves nothing older, leaves its place under <c>latest:n</c> to the next lower one.</summary>
    private static void Want(VersionPolicy? policy, VersionState[] versions)
    {
        var wanted = policy?.Select(versions.Where(state => !state.Seen.IsGone && !(state.HasFailed && state.Serving is null)).Select(state => state.Number)).ToHashSet();
        foreach (var state in versions)
            state.IsWanted = wanted?.Contains(state.Number) ?? false;
    }

    /// <summary>
    /// Unlists what is gone, or what the policy drops in favour of versions that already serve. A model's last version stays until what takes
    /// its place is loaded.
    /// </summary>
    private void Unlist(VersionPolicy? policy, VersionState[] versions, Outcome outcome)
    {
        var serving = versions.Where(state => state.Serving is not null).ToArray();
        if (policy is null)
        {
            foreach (var state in serving)
                outcome.Unload(state, "it was unloaded on request");
            return;
        }

        var isSucceeded = versions.Any(state => state is { IsWanted: true, Serving: null });
        var remaining = serving.Where(state => !state.Seen.IsGone || !IsSettled(state)).ToArray();
        var kept = policy.Select(remaining.Select(state => state.Number)).ToHashSet();
        foreach (var state in serving)
        {
            if (!remaining.Contains(state))
            {
                if (remaining.Length > 0 || !isSucceeded)
                    outcome.Unload(state, "its folder is gone");
            }
            else if (!kept.Contains(state.Number))
            {
                outcome.Unload(state, "the version policy leaves it out");
            }
        }
    }

    private bool IsSettled(VersionState state) => state.Unsettled(_settings.SettleTime, _time) == TimeSpan.Zero;

    private IEnumerable<ModelLoadFailure> SettledFaults() =>
        _faults.Where(entry => !_unloaded.Contains(entry.Key.Name) && (entry.Value is not { } since || _time.GetElapsedTime(since) >= _settings.SettleTime)).Select(entry => ServesOn(entry.Key) ? entry.Key with { Reason = KeepsServing(entry.Key.Reason), KeepsServing = true } : entry.Key);

    /// <summary>Whether what was loaded from a folder at fault, a model's or the whole repository's, still answers.</summary>
    private bool ServesOn(ModelLoadFailure fault) =>
        fault.Version.Length == 0 && _versions.Values.Any(state => state.Serving is not null && (fault.Name.Length == 0 || fault.Name == state.Name));

    private void Publish(Outcome outcome)
    {
        var failures = SettledFaults()
            .Concat(_versions.Values.Where(state => state.Fault is not null && !_unloaded.Contains(state.Name)).Select(state => state.Serving is null
                ? new ModelLoadFailure(state.Name, state.Version, state.Fault!)
                : new ModelLoadFailure(state.Name, state.Version, KeepsServing(state.Fault!), KeepsServing: true)))
            .OrderBy(failure => failure.Name, StringComparer.Ordinal);
        var before = Current;
        var next = new ModelCatalog(_versions.Values.Select(state => state.Serving).OfType<LoadedVersion>(), failures, _settings.DefaultModel, _settings.PreferredModel);
        if (next.Models.SequenceEqual(before.Models) && next.Failures.SequenceEqual(before.Failures) && next.DefaultModel == before.DefaultModel)
            return;

        // Failures of versions are told when they are tried; these have no version that could be.
        outcome.Changes.AddRange(next.Failures.Except(before.Failures)
            .Where(failure => !_versions.Values.Any(state => state.Fault is not null && state.Name == failure.Name && state.Version == failure.Version))
            .Select(failure => new ModelChange(ModelChangeKind.Failed, failure.Name, failure.Version, Reason: failure.Reason)));
        Volatile.Write(ref _current, next);
    }

    /// <summary>Loads the first version that is chosen; the caller holds the place of loads. False when there is none.</summary>
    private bool TryLoadNext(Func<VersionState, bool> choose)
    {
        VersionState? state;
        lock (_gate)
        {
            state = _isClosed ? null : _versions.Values.FirstOrDefault(choose);
            if (state is null)
                return false;
            state.IsLoading = true;
        }

        var before = VersionFingerprint.Of(state.Folder);
        var (model, fault) = before.IsGone ? default : Load(state, before);
        var isUnchanged = before.Equals(VersionFingerprint.Of(state.Folder));
        var outcome = new Outcome();
        lock (_gate)
        {
            state.IsLoading = false;
            if (_isClosed || _unloaded.Contains(state.Name))
                outcome.Discarded = model;
            else if (!isUnchanged || before.IsGone)
                Postpone(state, model, outcome);
            else
                Take(state, before, model, fault, outcome);

            if (!_isClosed)
                Reconcile(outcome);
        }

        Announce(outcome);
        return true;
    }

    private (ClassifierModel? Model, string? Fault) Load(VersionState state, VersionFingerprint files)
    {
        if (files.Fault is not null)
            return (null, files.Fault);

        using var limit = new CancellationTokenSource(_settings.LoadTime, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _closed);
        try
        {
            return (ClassifierModel.Load(state.Folder, state.Name, state.Version, _settings.Model, cancellation: ending.Token), null);
        }
        catch (ModelLoadException exception)
        {
            return (null, limit.IsCancellationRequested ? string.Create(CultureInfo.InvariantCulture, $"it was not ready to serve within {_settings.LoadTime.TotalSeconds} s") : exception.Message);
        }
        finally
        {
            NativeHeap.Trim();
        }
    }

    /// <summary>Somebody was writing meanwhile: what was read may be half of one content and half of another.</summary>
    private void Postpone(VersionState state, ClassifierModel? model, Outcome outcome)
    {
        outcome.Discarded = model;
        state.Note(VersionFingerprint.Of(state.Folder), _time.GetTimestamp());
        if (state is { Serving: null, Seen.IsGone: false, Fault: null })
        {
            state.Fault = "its files changed while they were read; they are read again when they rest";
            outcome.Changes.Add(new ModelChange(ModelChangeKind.Failed, state.Name, state.Version, Reason: state.Fault));
        }
    }

    private void Take(VersionState state, VersionFingerprint files, ClassifierModel? model, string? fault, Outcome outcome)
    {
        state.Note(files, _time.GetTimestamp());
        if (model is not null)
        {
            (state.Tried, state.Fault) = (files, null);
            var isReplacement = state.Serving is not null;
            outcome.Release(state);
            Interlocked.Increment(ref _loadedCount);
            state.Serving = new LoadedVersion(model, () => Interlocked.Decrement(ref _loadedCount));
            outcome.Changes.Add(new ModelChange(ModelChangeKind.Loaded, state.Name, state.Version, model, IsReplacement: isReplacement));
            return;
        }

        // Without model.onnx there is nothing that the old content could be a version of.
        if (files is { HasModel: false, Fault: null } && state.Serving is not null)
            outcome.Unload(state, fault!);
        (state.Tried, state.Fault) = (files, fault);
        outcome.Changes.Add(new ModelChange(ModelChangeKind.Failed, state.Name, state.Version, Reason: state.Serving is null ? fault : KeepsServing(fault!)));
    }

    private void LoadNow(string name)
    {
        Read(takeAsComplete: false);
        VersionState[] wanted;
        var outcome = new Outcome();
        lock (_gate)
        {
            // A name is looked up among the folders that were listed, so that none can lead out of the repository.
            var versions = _versions.Values.Where(state => state.Name == name).ToArray();
            if (versions.Length == 0)
            {
                throw _faults.Keys.FirstOrDefault(fault => fault.Name == name) is { } fault ? new ModelLoadException(fault.Reason) : NoSuchFolder(name);
            }

            foreach (var state in versions)
                state.Settle(tryAgain: true);
            _unloaded.Remove(name);
            Reconcile(outcome);
            wanted = [.. versions.Where(state => state.IsWanted)];
        }

        Announce(outcome);
        var tried = new HashSet<VersionState>();
        while (TryLoadNext(state => state.Name == name && IsDue(state) && tried.Add(state)))
        {
        }

        _closed.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var faults = wanted.Where(state => state.Fault is not null || state.IsPending || state.Serving is null)
                .Select(state => $"version {state.Version}: {state.Fault ?? "its files changed while they were read"}").ToArray();
            if (wanted.Length == 0)
                throw new ModelLoadException("the version policy leaves out every version that is there");
            if (faults.Length > 0)
                throw new ModelLoadException(string.Join("; ", faults));
        }
    }

    private void Announce(Outcome outcome)
    {
        outcome.Discarded?.Dispose();
        outcome.Released.ForEach(version => version.Return());
        foreach (var change in outcome.Changes)
        {
            _metrics.Count(change);
            Changed?.Invoke(change);
        }
    }

    /// <summary>What is to be done once the gate is left: freeing a model takes time, and who listens may ask the repository.</summary>
    private sealed class Outcome
    {
        public List<ModelChange> Changes { get; } = [];

        public List<LoadedVersion> Released { get; } = [];

        public ClassifierModel? Discarded { get; set; }

        public void Release(VersionState state)
        {
            if (state.Serving is not null)
                Released.Add(state.Serving);
            state.Serving = null;
        }

        public void Unload(VersionState state, string reason)
        {
            Release(state);
            (state.Tried, state.Fault) = (null, null);
            Changes.Add(new ModelChange(ModelChangeKind.Unloaded, state.Name, state.Version, Reason: reason));
        }
    }
}

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Brings what is served in line with what the folder holds and the policies want. Only changes state; it neither reads
/// files nor loads models. Guarded by the repository's lock.
/// </summary>
internal sealed class RepositoryReconciler(VersionStore store, RepositorySettings settings, TimeProvider time)
{
    /// <summary>Whether everything is being loaded for the first time.</summary>
    public bool IsStarting { get; set; }

    /// <summary>Called with a served model whose runs do not end, on the thread of a run.</summary>
    public Action<ClassifierModel>? RunsFailing { get; init; }

    /// <summary>Decides which versions are wanted and unlists the others.</summary>
    /// <returns>The catalogue that is now in force: <paramref name="current"/> where nothing changed.</returns>
    public ModelCatalog Reconcile(ModelCatalog current, RepositoryChanges changes)
    {
        foreach (var model in store.Versions.GroupBy(state => state.Name).ToArray())
        {
            var policy = store.IsUnloaded(model.Key) ? null : store.PolicyOf(model.Key);
            MarkWanted(policy, [.. model]);
            Unlist(policy, [.. model], changes);
            EndObsoleteLoads(model, changes);
        }

        store.ForgetGone();
        return NextCatalog(current, changes);
    }

    /// <summary>Takes over the result of a load.</summary>
    /// <param name="load">The load, which has ended.</param>
    /// <param name="attempt">What came of it; null if it was told to end.</param>
    /// <param name="changes">What is left to do.</param>
    public void Apply(VersionLoad load, LoadAttempt? attempt, RepositoryChanges changes)
    {
        var state = load.State;
        state.Load = null;
        if (attempt is { AreFilesUnchanged: true } && !load.IsObsolete)
        {
            Take(load, attempt, changes);
            return;
        }

        changes.Discarded = attempt?.Model;
        if (state.IsWanted)
        {
            Postpone(load, changes);
        }
    }

    private void Take(VersionLoad load, LoadAttempt attempt, RepositoryChanges changes)
    {
        if (attempt.Model is { } model)
        {
            Replace(load.State, load.Files, model, changes);
        }
        else
        {
            Fail(load, attempt.Fault!, changes); // an attempt without a model has a fault
        }
    }

    /// <summary>
    /// Files that changed while they were read: what was loaded may be half of the old content and half of the new.
    /// </summary>
    private void Postpone(VersionLoad load, RepositoryChanges changes)
    {
        var state = load.State;
        state.Note(state.Look(), time.GetTimestamp());
        if (state is { Serving: null, Seen.IsGone: false, Fault: null } && !load.HasItsFiles)
        {
            state.Fault = "its files changed while they were read; they are read again when they rest";
            changes.Announce(ModelChangeKind.Failed, state, state.Fault);
        }
    }

    private void Replace(VersionState state, VersionFingerprint files, ClassifierModel model, RepositoryChanges changes)
    {
        (state.Tried, state.Fault) = (files, null);
        var isReplacement = state.Serving is not null;
        changes.Release(state);
        store.Serve(state, model);
        model.Queue.Failing = () => RunsFailing?.Invoke(model);
        changes.Announcements.Add(new ModelChange(
            ModelChangeKind.Loaded, state.Name, state.Version, model, IsReplacement: isReplacement));
    }

    private static void Fail(VersionLoad load, string fault, RepositoryChanges changes)
    {
        var state = load.State;

        // Without model.onnx the version has no content that the old content could stand in for.
        if (load.Files is { HasModel: false, Fault: null } && state.Serving is not null)
        {
            changes.Unload(state, fault);
        }

        (state.Tried, state.Fault) = (load.Files, fault);
        var reason = state.Serving is null ? fault : ModelLoadFailure.WithOlderContent(fault);
        changes.Announce(ModelChangeKind.Failed, state, reason);
    }

    /// <summary>
    /// A version that failed to load and serves nothing older gives up its rank under <c>latest:n</c> to the next lower
    /// version.
    /// </summary>
    private static void MarkWanted(VersionPolicy? policy, VersionState[] versions)
    {
        var eligible = versions
            .Where(state => !state.Seen.IsGone && !(state.HasFailed && state.Serving is null))
            .Select(state => state.Number);
        var wanted = policy?.Select(eligible).ToHashSet() ?? [];
        foreach (var state in versions)
        {
            state.IsWanted = wanted.Contains(state.Number);
        }
    }

    private static void EndObsoleteLoads(IEnumerable<VersionState> versions, RepositoryChanges changes)
    {
        foreach (var load in versions.Select(state => state.Load).OfType<VersionLoad>())
        {
            if (!load.IsObsolete && (!load.State.IsWanted || !load.HasItsFiles))
            {
                load.IsObsolete = true;
                changes.End(load);
            }
        }
    }

    /// <summary>
    /// Unlists versions whose folder is gone, and those that the policy drops in favour of versions that already serve.
    /// A model's last version stays until its successor is loaded.
    /// </summary>
    private void Unlist(VersionPolicy? policy, VersionState[] versions, RepositoryChanges changes)
    {
        var serving = versions.Where(state => state.Serving is not null).ToArray();
        if (policy is null)
        {
            foreach (var state in serving)
            {
                changes.Unload(state, VersionStore.UnloadedOnRequest);
            }

            return;
        }

        var hasSuccessor = versions.Any(state => state is { IsWanted: true, Serving: null });
        var remaining = serving.Where(state => !state.Seen.IsGone || !store.IsSettled(state)).ToArray();
        var kept = policy.Select(remaining.Select(state => state.Number)).ToHashSet();
        foreach (var state in serving)
        {
            if (!remaining.Contains(state))
            {
                if (remaining.Length > 0 || !hasSuccessor)
                {
                    changes.Unload(state, "its folder is gone");
                }
            }
            else if (!kept.Contains(state.Number))
            {
                changes.Unload(state, VersionStore.LeftOutByPolicy);
            }
        }
    }

    private ModelCatalog NextCatalog(ModelCatalog current, RepositoryChanges changes)
    {
        var failures = store.SettledFaults().Concat(FailedVersions())
            .OrderBy(failure => failure.Name, StringComparer.Ordinal);
        var serving = store.Versions.Select(state => state.Serving).OfType<LoadedVersion>();
        var next = new ModelCatalog(serving, store.Loading(), failures, settings, IsStarting);
        if (next.Models.SequenceEqual(current.Models)
            && next.IsStarting == current.IsStarting
            && next.Loading.SequenceEqual(current.Loading)
            && next.LoadFailures.SequenceEqual(current.LoadFailures)
            && next.DefaultModel == current.DefaultModel)
        {
            return current;
        }

        // The failure of a version is announced when the version is tried; other failures are announced here.
        changes.Announcements.AddRange(next.LoadFailures.Except(current.LoadFailures)
            .Where(failure => !IsOfVersion(failure))
            .Select(failure =>
                new ModelChange(ModelChangeKind.Failed, failure.Name, failure.Version, Reason: failure.Reason)));
        return next;
    }

    private IEnumerable<ModelLoadFailure> FailedVersions()
    {
        foreach (var state in store.Versions)
        {
            if (state.Fault is { } fault && !store.IsUnloaded(state.Name))
            {
                var failure = new ModelLoadFailure(state.Name, state.Version, fault);
                yield return state.Serving is null ? failure : failure.AsKeptServing();
            }
        }
    }

    private bool IsOfVersion(ModelLoadFailure failure) => store.Versions.Any(state =>
        state.Fault is not null && state.Name == failure.Name && state.Version == failure.Version);
}

using System.Globalization;

namespace SoftmaxService.Inference.Models;

/// <summary>What came of loading a version's files: a model, or why there is none.</summary>
/// <param name="AreFilesUnchanged">Whether the files are still those that were to be loaded.</param>
/// <param name="Model">The loaded model.</param>
/// <param name="Fault">Why the files could not be loaded.</param>
internal sealed record LoadAttempt(bool AreFilesUnchanged, ClassifierModel? Model, string? Fault);

/// <summary>
/// Loads the files of one version, if the probe of the settings lets it pass, within the time that they allow. ONNX
/// Runtime looks only now and then whether a load is to end: one that goes on regardless is abandoned. Its thread ends
/// when ONNX Runtime returns, and what it has loaded is freed. Waiting takes no thread.
/// </summary>
/// <param name="settings">How models are loaded.</param>
/// <param name="time">The clock for the time limit.</param>
/// <param name="cancellationToken">Ends a load early, when the repository closes.</param>
internal sealed class VersionLoader(
    RepositorySettings settings, TimeProvider time, CancellationToken cancellationToken)
{
    /// <summary>The most abandoned loads at once. While there are as many, nothing is loaded.</summary>
    public const int MaxAbandoned = 4;

    private static readonly string TooManyAbandoned = string.Create(
        CultureInfo.InvariantCulture,
        $"{MaxAbandoned} earlier loads took too long and still run, so nothing more is loaded until one of them ends; ")
        + "a restart of the service ends them";

    private int _abandoned;

    /// <summary>Called on the loading thread before the files are read.</summary>
    public Action<VersionState>? Reading { get; set; }

    /// <summary>Called when an abandoned load has ended.</summary>
    public Action? AbandonedLoadEnded { get; set; }

    /// <summary>Loads that were given up and still run.</summary>
    public int AbandonedCount => Volatile.Read(ref _abandoned);

    /// <summary>Whether a load failed only because of others that were abandoned.</summary>
    public static bool IsPutOff(string? fault) => fault == TooManyAbandoned;

    /// <summary>Why a load that took longer than the limit has failed.</summary>
    public static string TookTooLong(TimeSpan limit) => string.Create(
        CultureInfo.InvariantCulture, $"it was not ready to serve within {limit.TotalSeconds} s");

    /// <summary>Has the version probed, waits for its turn and opens it.</summary>
    /// <param name="load">What to load.</param>
    /// <param name="turn">Limits how many versions are opened at once; probes do not count.</param>
    /// <returns>What came of it; null if it was told to end.</returns>
    public async Task<LoadAttempt?> LoadAsync(VersionLoad load, SemaphoreSlim turn)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(load.Token, cancellationToken);
        ClassifierModel? model = null;
        string? fault;
        try
        {
            fault = load.Files.Fault ?? await ProbeAsync(load, end.Token).ConfigureAwait(false);
            if (fault is null)
            {
                await turn.WaitAsync(end.Token).ConfigureAwait(false);
                try
                {
                    (model, fault) = await OpenAsync(load, end.Token).ConfigureAwait(false);
                }
                finally
                {
                    turn.Release();
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception unexpected)
        {
            fault = $"a fault of this program's own ({unexpected.GetType().Name}) ended its load; please report it";
        }

        return new LoadAttempt((model is not null || fault is not null) && AreUnchanged(load), model, fault);
    }

    private static bool AreUnchanged(VersionLoad load) => load.Files.Equals(load.State.Look());

    /// <summary>Why a version must not be opened here; null if it may be.</summary>
    private async Task<string?> ProbeAsync(VersionLoad load, CancellationToken end)
    {
        if (settings.Probe is not { } probe)
        {
            return null;
        }

        try
        {
            // It may read the files before it waits.
            await Task.Run(() => probe(new ProbedVersion(load), end), end).ConfigureAwait(false);
            return null;
        }
        catch (ModelLoadException rejection)
        {
            return rejection.Message;
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !end.IsCancellationRequested)
        {
            return $"it could not be probed: {fault.Message}"; // others are loaded all the same
        }
    }

    private async Task<(ClassifierModel? Model, string? Fault)> OpenAsync(VersionLoad load, CancellationToken end)
    {
        if (AbandonedCount >= MaxAbandoned)
        {
            return (null, TooManyAbandoned);
        }

        // Files that have changed since were not judged.
        if (!AreUnchanged(load))
        {
            return default;
        }

        var state = load.State;
        var timed = new TimedLoad(token =>
        {
            Reading?.Invoke(state);
            return ClassifierModel.Load(
                state.Folder, state.Name, state.Version, settings.Model, cancellationToken: token);
        });
        try
        {
            var (model, fault) = await timed.RunAsync(settings.LoadTime, time, end).ConfigureAwait(false);
            return (model, timed.IsLate ? TookTooLong(timed.IsAbandoned) : fault?.Message);
        }
        finally
        {
            if (timed.IsAbandoned)
            {
                Interlocked.Increment(ref _abandoned);
                timed.WhenEnded(EndAbandoned);
            }
        }
    }

    private void EndAbandoned()
    {
        Interlocked.Decrement(ref _abandoned);
        AbandonedLoadEnded?.Invoke();
    }

    private string TookTooLong(bool isAbandoned) =>
        TookTooLong(settings.LoadTime)
        + (isAbandoned ? "; its load has not ended since, and takes a core until it does" : "");
}

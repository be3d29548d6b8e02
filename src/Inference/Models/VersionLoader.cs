using System.Globalization;

namespace SoftmaxService.Inference.Models;

/// <summary>What came of loading a version's files: a model, or why there is none.</summary>
/// <param name="Files">The files before they were read.</param>
/// <param name="AreFilesUnchanged">Whether the files were the same afterwards.</param>
/// <param name="Model">The loaded model.</param>
/// <param name="Fault">Why the files could not be loaded.</param>
internal sealed record LoadAttempt(
    VersionFingerprint Files, bool AreFilesUnchanged, ClassifierModel? Model, string? Fault);

/// <summary>
/// Loads the files of one version, if the probe of the settings lets it pass, within the time that they allow. ONNX
/// Runtime looks only now and then whether a load is to end: one that goes on regardless is abandoned. Its thread ends
/// when ONNX Runtime returns, and what it has loaded is freed.
/// </summary>
/// <param name="settings">How models are loaded.</param>
/// <param name="time">The clock for the time limit.</param>
/// <param name="cancellationToken">Ends a load early, when the repository closes.</param>
internal sealed class VersionLoader(
    RepositorySettings settings, TimeProvider time, CancellationToken cancellationToken)
{
    /// <summary>The most abandoned loads at once. While there are as many, nothing is loaded.</summary>
    public const int MaxAbandoned = 4;

    // For a load that was told to end.
    private static readonly TimeSpan EndingTime = TimeSpan.FromSeconds(1);

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

    public LoadAttempt Load(VersionState state)
    {
        var files = state.Look();
        var fault = files.IsGone ? null : files.Fault ?? WhyPutOff() ?? Probe(state, files);

        // Files that have changed since were not judged.
        var areJudged = settings.Probe is null || files.Equals(state.Look());
        ClassifierModel? model = null;
        if (!files.IsGone && fault is null && areJudged)
        {
            (model, fault) = Open(state);
        }

        return new LoadAttempt(files, areJudged && files.Equals(state.Look()), model, fault);
    }

    private string? WhyPutOff() => AbandonedCount >= MaxAbandoned ? TooManyAbandoned : null;

    /// <summary>Why a version must not be opened here; null if it may be.</summary>
    private string? Probe(VersionState state, VersionFingerprint files)
    {
        try
        {
            settings.Probe?.Invoke(new ProbedVersion(state, files), cancellationToken).GetAwaiter().GetResult();
            return null;
        }
        catch (ModelLoadException rejection)
        {
            return rejection.Message;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ModelLoader.EndedEarly;
        }
        catch (Exception fault)
        {
            return $"it could not be probed: {fault.Message}"; // others are loaded all the same
        }
    }

    private (ClassifierModel? Model, string? Fault) Open(VersionState state)
    {
        var load = new TimedLoad(token =>
        {
            Reading?.Invoke(state);
            return ClassifierModel.Load(
                state.Folder, state.Name, state.Version, settings.Model, cancellationToken: token);
        });
        var (model, fault) = load.Run(settings.LoadTime, EndingTime, time, cancellationToken);
        if (load.IsAbandoned)
        {
            Interlocked.Increment(ref _abandoned);
            load.WhenEnded(EndAbandoned);
        }

        return (model, load.IsLate ? TookTooLong(load.IsAbandoned) : fault?.Message);
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

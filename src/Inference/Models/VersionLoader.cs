using System.Globalization;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>What came of loading a version's files: a model, or why there is none.</summary>
/// <param name="Files">The files before they were read.</param>
/// <param name="AreFilesUnchanged">Whether the files were the same afterwards.</param>
/// <param name="Model">The loaded model.</param>
/// <param name="Fault">Why the files could not be loaded.</param>
internal sealed record LoadAttempt(
    VersionFingerprint Files, bool AreFilesUnchanged, ClassifierModel? Model, string? Fault);

/// <summary>Loads the files of one version within the time that the settings allow.</summary>
/// <param name="settings">How models are loaded.</param>
/// <param name="time">The clock for the time limit.</param>
/// <param name="cancellationToken">Ends a load early, when the repository closes.</param>
internal sealed class VersionLoader(
    RepositorySettings settings, TimeProvider time, CancellationToken cancellationToken)
{
    public LoadAttempt Load(VersionState state)
    {
        var files = state.Look();
        var (model, fault) = files.IsGone ? default : Load(state, files);
        return new LoadAttempt(files, files.Equals(state.Look()), model, fault);
    }

    private (ClassifierModel? Model, string? Fault) Load(VersionState state, VersionFingerprint files)
    {
        if (files.Fault is not null)
        {
            return (null, files.Fault);
        }

        using var limit = new CancellationTokenSource(settings.LoadTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var model = ClassifierModel.Load(
                state.Folder, state.Name, state.Version, settings.Model, cancellationToken: either.Token);
            return (model, null);
        }
        catch (ModelLoadException exception)
        {
            var seconds = settings.LoadTime.TotalSeconds;
            return (null, limit.IsCancellationRequested
                ? string.Create(CultureInfo.InvariantCulture, $"it was not ready to serve within {seconds} s")
                : exception.Message);
        }
        finally
        {
            NativeHeap.Trim();
        }
    }
}

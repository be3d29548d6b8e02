using System.Text.Json;
using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models.Inputs;
using SoftmaxService.Inference.Models.Statements;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>Makes a <see cref="ClassifierModel"/> from a version's folder.</summary>
internal static class ModelLoader
{
    /// <summary>The fault of a load that was cancelled.</summary>
    public const string EndedEarly = "its load was ended early";

    /// <inheritdoc cref="ClassifierModel.Load"/>
    public static ClassifierModel Load(
        string folder,
        string name,
        string version,
        ModelSettings settings,
        string? onnxFileName,
        CancellationToken cancellationToken)
    {
        var files = new ModelFiles(folder, onnxFileName);
        OnnxModel? onnx = null;
        try
        {
            var manifest = files.ReadManifest();
            if (settings.Input is { } requested)
            {
                manifest = manifest with { Input = (manifest.Input ?? new ManifestInput()).With(requested) };
            }

            var path = files.FindModel(manifest);
            onnx = OnnxModel.Load(path, settings.Onnx, cancellationToken);
            var makers = MakersStatements.Merge(
                ModelConventions.Read(
                    ModelFolders.Of(folder, name, version, path), onnx.Metadata, ClassCountOf(onnx.Outputs)),
                onnx.Inputs is [var only] ? only : null);
            var sources = new ModelSources();
            if (onnx.Inputs is [{ HasFractions: true } floats])
            {
                var beginning = GraphBeginning.Of(onnx.Graph, floats.Name);
                sources = new ModelSources { FirstNodes = beginning.Text };
                makers = GraphScaling.Complete(makers, beginning);
            }
            else if (onnx.Inputs is [var integers])
            {
                makers = GraphScaling.OfIntegers(makers, integers.ElementType);
            }

            var graph = WarmGraph.Of(onnx, new ManifestMerger(sources).Merge(manifest, makers), sources, settings);
            var temperature = ManifestChecks.Temperature(manifest.Calibration);
            ManifestChecks.Conformal(manifest.Calibration?.Conformal);

            // Even if the warm-up has passed, a load that was cancelled has told all later runs to terminate.
            return cancellationToken.IsCancellationRequested
                ? throw new ModelLoadException(EndedEarly)
                : new ClassifierModel(folder, name, version, manifest, graph, temperature, settings);
        }
        catch (Exception exception)
        {
            if (onnx is not null)
            {
                onnx.Dispose();
                SharedArena.GiveBack(); // its runs may have filled the arena
            }

            throw exception switch
            {
                ModelLoadException => exception,
                InvalidDataException => new ModelLoadException(
                    $"{files.OnnxFileName}: {files.WithoutFolder(exception.Message)}", exception),
                OperationCanceledException => new ModelLoadException(EndedEarly, exception),
                ConventionException => new ModelLoadException(exception.Message, exception),
                JsonException malformed => new ModelLoadException(
                    $"{ModelManifest.FileName}: {malformed.Message}", exception),
                IOException or UnauthorizedAccessException => new ModelLoadException(
                    $"its files cannot be read: {FileFault.Describe(exception)}", exception),
                _ => new ModelLoadException(
                    $"a fault of this program's own ({exception.GetType().Name}) ended its load; please report it, "
                    + "with the model",
                    exception),
            };
        }
    }

    /// <summary>The number of classes, where the declared outputs leave no choice.</summary>
    private static int? ClassCountOf(IReadOnlyList<OnnxTensorInfo> outputs)
    {
        int[] counts = [.. outputs.Select(output => output.Shape.LastOrDefault(size => size > 1)).Distinct()];
        return counts is [> 1 and var only] ? only : null;
    }
}

using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models.Scores;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>A graph that was checked against its manifest, and has run on the warm-up images.</summary>
/// <param name="Input">The graph's input as it is declared.</param>
/// <param name="Outputs">All outputs that the graph declares, in its order.</param>
/// <param name="ScoresOutput">The output that holds the class scores.</param>
/// <param name="Scores">What the scores are.</param>
/// <param name="Preprocessor">Turns an image into the input.</param>
/// <param name="Classifier">Runs the graph; owns it.</param>
/// <param name="Labels">One name per class.</param>
/// <param name="Notes">What was chosen for the input, one sentence each.</param>
/// <param name="Sources">Where each field of the description comes from.</param>
internal sealed record WarmGraph(
    OnnxTensorInfo Input,
    IReadOnlyList<OnnxTensorInfo> Outputs,
    ScoresOutput ScoresOutput,
    ScoresReading Scores,
    ImagePreprocessor Preprocessor,
    OnnxClassifier Classifier,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> Notes,
    ModelSources Sources)
{
    /// <summary>Checks a graph and runs it on images that are black, white and noise.</summary>
    /// <param name="onnx">The loaded file.</param>
    /// <param name="manifest">What is stated, by the owner and by the makers.</param>
    /// <param name="sources">Who states it; completed here.</param>
    /// <param name="settings">How to run it.</param>
    /// <exception cref="ModelLoadException">
    /// The graph is not an image classifier, or contradicts the manifest.
    /// </exception>
    /// <exception cref="InvalidDataException">The graph does not run on its input's shape.</exception>
    public static WarmGraph Of(OnnxModel onnx, ModelManifest manifest, ModelSources sources, ModelSettings settings)
    {
        var input = OnlyInput(onnx);
        var (resolved, measured) = FirstThatRuns(onnx, input, manifest.Input, sources);
        sources.CompleteInput(resolved, input.HasFractions);
        var preprocessor = new ImagePreprocessor(resolved.Input, settings.MaxImagePixels)
        {
            Decoders = settings.Decoders,
        };
        var samples = WarmUpSamples.For(preprocessor, resolved.Batch);
        var output = new ScoresOutputChooser(onnx, manifest, input, resolved).Choose(measured, samples);
        TrainingMode.Reject(onnx.Graph, output.Tensor.Name);

        var classifier = new OnnxClassifier(onnx, input, output.Tensor, resolved.Shape, resolved.HasBatchAxis);
        var stated = sources.WithoutMisfits(manifest.Labels, classifier.ClassCount);
        var labels = ManifestChecks.Labels(
            sources.Labels(stated, KeysOf(onnx.Graph, classifier.ClassCount), "the graph's ZipMap"),
            classifier.ClassCount);
        var rows = classifier.WarmUp(samples, settings.MaxBatchSize);
        preprocessor.WarmUp(samples[^1]);
        var scores = OutputKindChooser.Choose(
            manifest.Output?.Kind,
            rows,
            GraphEnding.Of(onnx.Graph, output.Tensor.Name),
            isHalf: output.Tensor.ElementType == "float16");
        sources.CompleteOutput(classifier.ClassCount, output.Reason);
        return new WarmGraph(
            input, onnx.Outputs, output, scores, preprocessor, classifier, labels, resolved.Notes, sources);
    }

    /// <summary>The keys of the graph's first <c>ZipMap</c> of so many classes; null if there is none.</summary>
    private static List<string>? KeysOf(GraphOutline graph, int classCount) => graph.Nodes
        .Where(node => node.IsZipMap)
        .SelectMany(node => node.Lists.Values)
        .FirstOrDefault(keys => keys.Count == classCount);

    /// <summary>
    /// The likeliest input that the graph runs on, with the outputs that could hold scores. An input that is no
    /// assumption is the only one.
    /// </summary>
    private static (ResolvedInput Resolved, IReadOnlyList<OnnxTensorInfo> Measured) FirstThatRuns(
        OnnxModel onnx, OnnxTensorInfo input, ManifestInput? manifest, ModelSources sources)
    {
        var candidates = ImageInputResolver.Resolve(input, manifest, sources);
        if (candidates is [{ Assumption: null } only])
        {
            return (only, onnx.MeasureScores(input, only.Shape, only.Batch));
        }

        InvalidDataException? fault = null;
        List<(ResolvedInput Resolved, IReadOnlyList<OnnxTensorInfo> Measured)> running = [];
        foreach (var resolved in candidates)
        {
            try
            {
                var run = (resolved, onnx.MeasureScores(input, resolved.Shape, resolved.Batch));
                if (resolved.IsSettledByRunning)
                {
                    running.Add(run); // the others are tried as well
                }
                else if (HasScores(run))
                {
                    return run;
                }
            }
            catch (InvalidDataException doesNotRun)
            {
                fault ??= doesNotRun;
            }
        }

        return running.Where(HasScores).ToArray() switch
        {
            [({ IsSettledByRunning: true } alone, var measured)] =>
                (alone with { Assumption = null, AssumedFields = [], RunsInNoOtherLayout = true }, measured),
            [var first, ..] => first,
            _ when running.Count > 0 => running[0],
            _ => throw OpenAxes.Rejection(input, manifest ?? new ManifestInput()) ?? (Exception)fault!, // none ran
        };

        static bool HasScores((ResolvedInput Resolved, IReadOnlyList<OnnxTensorInfo> Measured) run) =>
            run.Measured.Any(output => output.OfOneItem(run.Resolved.Batch) is { IsRowOfScores: true });
    }

    private static OnnxTensorInfo OnlyInput(OnnxModel onnx) => onnx.Inputs switch
    {
        [var input] when TensorElements.Named(input.ElementType) is not null => input,
        [] => throw new ModelLoadException("the graph has no input; an image classifier has one"),
        [var input] => throw new ModelLoadException(
            $"input '{input.Name}' holds {input.ElementType}; a tensor of float, float16, double, uint8, int8, int32 "
            + "or int64 is needed"),
        var several => throw new ModelLoadException(
            $"the graph needs {several.Count} inputs ({string.Join(", ", several.Select(input => input.Name))}); an "
            + "image classifier has one"),
    };
}

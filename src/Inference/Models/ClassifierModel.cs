using System.Globalization;
using System.Text.Json;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>One version of a model, loaded, checked and warmed up.</summary>
public sealed class ClassifierModel : IDisposable
{
    /// <summary>The file's name inside a version's folder.</summary>
    public const string OnnxFileName = "model.onnx";

    /// <summary>The name of the file inside a version's folder that <c>softmax calibrate</c> draws.</summary>
    public const string ReliabilityFileName = "reliability.svg";

    private ClassifierModel(string folder, string name, string version, ModelManifest manifest, OnnxModel onnx, ModelSettings settings)
    {
        Folder = folder;
        Name = name;
        Version = version;
        Manifest = manifest;
        GraphInput = OnlyInput(onnx);
        GraphOutput = ScoresOutput(onnx);
        GraphOutputs = onnx.Outputs;

        var resolved = ImageInputResolver.Resolve(GraphInput, manifest.Input);
        Preprocessor = new ImagePreprocessor(resolved.Input, settings.MaxImagePixels);
        Classifier = new OnnxClassifier(onnx, GraphInput, GraphOutput, resolved.Shape, resolved.HasBatchAxis);
        Labels = CheckLabels(manifest.Labels, Classifier.ClassCount);
        OutputKind = manifest.Output?.Kind ?? OutputKind.Logits;
        CalibratedTemperature = CheckTemperature(manifest.Calibration);
        CheckConformal(manifest.Calibration?.Conformal);
    }

    /// <summary>The model's name: its folder's.</summary>
    public string Name { get; }

    /// <summary>The version: its folder's name, a positive whole number.</summary>
    public string Version { get; }

    /// <summary>Where the version's files are.</summary>
    public string Folder { get; }

    /// <summary>What <c>model.json</c> says; empty where there is none.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>The graph's input as it is declared.</summary>
    public OnnxTensorInfo GraphInput { get; }

    /// <summary>The graph's output that holds the class scores, as it is declared.</summary>
    public OnnxTensorInfo GraphOutput { get; }

    /// <summary>All outputs that the graph declares, in its order.</summary>
    public IReadOnlyList<OnnxTensorInfo> GraphOutputs { get; }

    /// <summary>How an image becomes the input tensor.</summary>
    public ImageInput Input => Preprocessor.Input;

    /// <summary>K.</summary>
    public int ClassCount => Classifier.ClassCount;

    /// <summary>One name a class: the manifest's, else <c>"0"…"K−1"</c>.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>What the output's numbers are.</summary>
    public OutputKind OutputKind { get; }

    /// <summary>The temperature fitted on held-out data, or null where the model was never calibrated.</summary>
    public float? CalibratedTemperature { get; }

    internal ImagePreprocessor Preprocessor { get; }

    internal OnnxClassifier Classifier { get; }

    /// <summary>Loads a version's folder and runs the model once.</summary>
    /// <param name="folder">The folder that holds <c>model.onnx</c> and perhaps <c>model.json</c>.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's name.</param>
    /// <param name="settings">How to run it.</param>
    /// <param name="onnxFileName">The ONNX file's name in that folder.</param>
    /// <exception cref="ModelLoadException">A file is missing or damaged, the graph is no image classifier, or the manifest contradicts it.</exception>
    public static ClassifierModel Load(string folder, string name, string version, ModelSettings settings, string onnxFileName = OnnxFileName)
    {
        OnnxModel? onnx = null;
        try
        {
            var manifest = ReadManifest(Path.Combine(folder, ModelManifest.FileName));
            var path = Path.Combine(folder, onnxFileName);
            onnx = File.Exists(path) ? OnnxModel.Load(path, settings.Onnx) : throw new ModelLoadException($"the folder holds no {onnxFileName}");
            return new ClassifierModel(folder, name, version, manifest, onnx, settings);
        }
        catch (Exception exception)
        {
            onnx?.Dispose();
            throw exception switch
            {
                ModelLoadException => exception,
                InvalidDataException => new ModelLoadException($"{onnxFileName}: {exception.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)}", exception),
                JsonException malformed => new ModelLoadException($"{ModelManifest.FileName}: {JsonFault.Describe(malformed)}", exception),
                IOException or UnauthorizedAccessException => new ModelLoadException($"its files cannot be read: {exception.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)}", exception),
                _ => new ModelLoadException($"{exception.GetType().Name}: {exception.Message}", exception),
            };
        }
    }

    /// <summary>Replaces the model's output by logits, so that a temperature means the same for every model.</summary>
    /// <param name="output">One number a class, in place.</param>
    internal void ToLogits(Span<float> output)
    {
        if (OutputKind == OutputKind.Probabilities)
        {
            for (var i = 0; i < output.Length; i++)
            {
                output[i] = MathF.Log(output[i]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Classifier.Dispose();

    private static ModelManifest ReadManifest(string path) =>
        File.Exists(path) ? ModelManifest.Parse(File.ReadAllBytes(path)) : ModelManifest.Empty;

    private static OnnxTensorInfo OnlyInput(OnnxModel onnx) => onnx.Inputs switch
    {
        [{ ElementType: "float" } input] => input,
        [var input] => throw new ModelLoadException($"input '{input.Name}' holds {input.ElementType}; a float tensor is needed"),
        _ => throw new ModelLoadException($"the graph needs {onnx.Inputs.Count} inputs ({string.Join(", ", onnx.Inputs.Select(input => input.Name))}); an image classifier has one"),
    };

    private static OnnxTensorInfo ScoresOutput(OnnxModel onnx) => onnx.Outputs switch
    {
        [{ ElementType: "float" } output] => output,
        [var output] => throw new ModelLoadException($"output '{output.Name}' holds {output.ElementType}; a float tensor is needed"),
        _ => onnx.Outputs.FirstOrDefault(output => output is { Name: "logits", ElementType: "float" })
            ?? throw new ModelLoadException($"the graph has {onnx.Outputs.Count} outputs ({string.Join(", ", onnx.Outputs.Select(output => output.Name))}), none of them a float tensor named 'logits'"),
    };

    private static IReadOnlyList<string> CheckLabels(IReadOnlyList<string>? labels, int classCount) => labels switch
    {
        null => [.. Enumerable.Range(0, classCount).Select(index => index.ToString())],
        _ when labels.Contains(null!) => throw new ModelLoadException($"{ModelManifest.FileName} has a label that is null; a label is a string"),
        _ when labels.Count == classCount => labels,
        _ => throw new ModelLoadException($"{ModelManifest.FileName} has {labels.Count} labels, but the graph's output has {classCount} classes"),
    };

    private static void CheckConformal(ConformalQuantiles? conformal)
    {
        foreach (var (alpha, quantile) in conformal?.Quantiles ?? new Dictionary<string, double>())
        {
            if (!double.TryParse(alpha, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value is not (> 0 and < 1))
                throw new ModelLoadException($"calibration.conformal.quantiles has '{alpha}' for an alpha; it is a number above 0 and below 1");
            if (quantile is not >= 0)
                throw new ModelLoadException($"calibration.conformal.quantiles['{alpha}'] is {quantile}; a score is at least 0");
        }

        if (conformal?.Scores is { } scores && (scores.Ranks.Count != scores.Values.Count || !IsAscending(scores.Ranks) || !IsAscending(scores.Values)))
            throw new ModelLoadException("calibration.conformal.scores has ranks and values that do not belong together; both ascend, and there are as many of one as of the other");

        static bool IsAscending<T>(IReadOnlyList<T> values)
            where T : IComparable<T> => Enumerable.Range(1, Math.Max(values.Count - 1, 0)).All(i => values[i - 1].CompareTo(values[i]) <= 0);
    }

    private static float? CheckTemperature(ManifestCalibration? calibration) => (float?)calibration?.Temperature switch
    {
        null => null,
        { } temperature when temperature > 0f && float.IsFinite(temperature) => temperature,
        _ => throw new ModelLoadException($"calibration.temperature is {calibration!.Temperature}; it must be above 0 and finite"),
    };
}

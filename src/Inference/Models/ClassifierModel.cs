using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Observation;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>One version of a model, loaded, checked and warmed up.</summary>
public sealed class ClassifierModel : IDisposable
{
    /// <summary>The file's name inside a version's folder.</summary>
    public const string OnnxFileName = "model.onnx";

    /// <summary>The name of the file inside a version's folder that <c>softmax calibrate</c> draws.</summary>
    public const string ReliabilityFileName = "reliability.svg";

    private readonly ComputeGate _gate;
    private readonly ScoresReading _scores;

    private ClassifierModel(string folder, string name, string version, ModelManifest manifest, OnnxModel onnx, ModelSettings settings)
    {
        Folder = folder;
        Name = name;
        Version = version;
        Manifest = manifest;
        GraphInput = OnlyInput(onnx);
        GraphOutputs = onnx.Outputs;

        var resolved = ImageInputResolver.Resolve(GraphInput, manifest.Input);
        Preprocessor = new ImagePreprocessor(resolved.Input, settings.MaxImagePixels);
        var samples = WarmUpSamples.For(Preprocessor);
        ScoresOutput = new ScoresOutputChooser(onnx, manifest).Choose(GraphInput, resolved.Shape, samples);
        TrainingMode.Refuse(onnx.Graph, GraphOutput.Name);
        Classifier = new OnnxClassifier(onnx, GraphInput, GraphOutput, resolved.Shape, resolved.HasBatchAxis);
        Labels = CheckLabels(manifest.Labels, Classifier.ClassCount);

        var scores = Classifier.WarmUp(samples, settings.MaxBatchSize);
        Preprocessor.WarmUp(samples[^1]);
        _scores = ScoresReading.Of(manifest.Output?.Kind, scores, GraphEnding.Of(onnx.Graph, GraphOutput.Name), GraphOutput.ElementType == "float16");
        OutputKindIsDetected = manifest.Output?.Kind is null;
        Queue = new RunQueue(Classifier, settings.Onnx.ConcurrentRuns ?? Environment.ProcessorCount * (MaxBatchSize > 1 ? 1 : 4), name, version);
        Admission = new Admission(name, version, settings.MaxPendingItems);
        Metrics = new ModelMetrics(name, version, Labels);
        _gate = settings.Gate;
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

    /// <summary>All outputs that the graph declares, in its order.</summary>
    public IReadOnlyList<OnnxTensorInfo> GraphOutputs { get; }

    /// <summary>The output that holds the class scores, and why it was chosen.</summary>
    public ScoresOutput ScoresOutput { get; }

    /// <summary>The graph's output that holds the class scores, as it is declared.</summary>
    public OnnxTensorInfo GraphOutput => ScoresOutput.Tensor;

    /// <summary>How an image becomes the input tensor.</summary>
    public ImageInput Input => Preprocessor.Input;

    /// <summary>K.</summary>
    public int ClassCount => Classifier.ClassCount;

    /// <summary>One name a class: the manifest's, else <c>"0"…"K−1"</c>.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>What the output's numbers are.</summary>
    public OutputKind OutputKind => _scores.Kind;

    /// <summary>Whether <see cref="OutputKind"/> was found by looking at what the model gives; else the manifest says it.</summary>
    public bool OutputKindIsDetected { get; }

    /// <summary>The probability below which the output holds 0, for lack of precision: 2⁻¹⁵⁰ of a 32-bit float, half a step of 8 bits. Null where it holds logits.</summary>
    public double? RoundedToZero => OutputKind == OutputKind.Logits ? null : _scores.Precision.RoundedToZero;

    /// <summary>The most items that share a run.</summary>
    public int MaxBatchSize => Classifier.MaxBatchSize;

    /// <summary>Why <see cref="MaxBatchSize"/> is 1, in words; null where it is more.</summary>
    public string? BatchingRefusal => Classifier.BatchingRefusal;

    /// <summary>What was chosen for lack of a word in the manifest, one sentence each.</summary>
    public IReadOnlyList<string> Notes => [.. ChoicesMade()];

    /// <summary>Where items wait for their runs.</summary>
    public RunQueue Queue { get; }

    /// <summary>The temperature fitted on held-out data, or null where the model was never calibrated.</summary>
    public float? CalibratedTemperature { get; }

    /// <summary>The diagram that <c>softmax calibrate</c> drew; null where there is none. A link out of the version's folder is none: whoever gives a model away does not choose which files are shown.</summary>
    public FileInfo? Reliability
    {
        get
        {
            var file = RealPath.Below(Folder, Path.Combine(Folder, ReliabilityFileName));
            return File.Exists(file) ? new FileInfo(file) : null;
        }
    }

    internal ImagePreprocessor Preprocessor { get; }

    internal OnnxClassifier Classifier { get; }

    internal Admission Admission { get; }

    internal ModelMetrics Metrics { get; }

    /// <summary>Loads a version's folder and runs the model once.</summary>
    /// <param name="folder">The folder that holds <c>model.onnx</c> and perhaps <c>model.json</c>.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's name.</param>
    /// <param name="settings">How to run it.</param>
    /// <param name="onnxFileName">The ONNX file's name in that folder.</param>
    /// <param name="cancellation">Ends the load early, as a failed one.</param>
    /// <exception cref="ModelLoadException">A file is missing or damaged, the graph is no image classifier, or the manifest contradicts it.</exception>
    public static ClassifierModel Load(string folder, string name, string version, ModelSettings settings, string onnxFileName = OnnxFileName, CancellationToken cancellation = default)
    {
        OnnxModel? onnx = null;
        try
        {
            RefuseEmpty(folder, onnxFileName);
            var manifest = ReadManifest(Path.Combine(folder, ModelManifest.FileName));
            var path = Path.Combine(folder, onnxFileName);
            onnx = File.Exists(path) ? OnnxModel.Load(path, settings.Onnx, cancellation) : throw NoModel(folder, onnxFileName);
            var model = new ClassifierModel(folder, name, version, manifest, onnx, settings);

            // Cancelled as late as this, the warm-up may have passed and the options of all later runs say that they are to end.
            return cancellation.IsCancellationRequested ? throw new ModelLoadException("its load was ended early") : model;
        }
        catch (Exception exception)
        {
            onnx?.Dispose();
            throw exception switch
            {
                ModelLoadException => exception,
                InvalidDataException => new ModelLoadException($"{onnxFileName}: {WithoutFolder(exception.Message, folder)}", exception),
                JsonException => new ModelLoadException($"{ModelManifest.FileName}: {exception.Message}", exception),
                IOException or UnauthorizedAccessException => new ModelLoadException($"its files cannot be read: {FileFault.Describe(exception)}", exception),
                _ => new ModelLoadException($"a fault of this program's own ({exception.GetType().Name}) ended its load; please report it, with the model", exception),
            };
        }
    }

    /// <summary>
    /// Refuses a request that has not been read yet while the model has as much before it as it takes on, and counts it as refused. Whether one that passes here finds a place is decided
    /// when it is taken on.
    /// </summary>
    /// <returns>Why it is refused, in words; null where it is not.</returns>
    public string? RefuseWhenFull() => Admission.RefuseWhenFull();

    /// <summary>Decodes an image into buffers of its own, in a place of the gate.</summary>
    /// <param name="image">An encoded image.</param>
    /// <param name="cancellation">Ends the wait for a place.</param>
    /// <exception cref="InferenceException">The image cannot be read.</exception>
    internal async ValueTask<OnnxRun> PrepareAsync(ReadOnlyMemory<byte> image, CancellationToken cancellation)
    {
        var entering = _gate.EnterAsync(cancellation);
        if (entering.IsCompletedSuccessfully)
        {
            using var free = entering.Result;
            return Prepare(image.Span);
        }

        var start = Stopwatch.GetTimestamp();
        using var place = await entering;
        Metrics.CountGate(start);
        return Prepare(image.Span);
    }

    /// <summary>Decodes an image into buffers of its own.</summary>
    /// <param name="image">An encoded image.</param>
    /// <exception cref="InferenceException">The image cannot be read.</exception>
    internal OnnxRun Prepare(ReadOnlySpan<byte> image)
    {
        using var span = Telemetry.Spans.StartActivity("decode");
        var start = Stopwatch.GetTimestamp();
        var run = Classifier.Rent();
        try
        {
            Preprocessor.Preprocess(image, run.Input);
            run.StoreInput();
            Metrics.CountDecoding(start);
            return run;
        }
        catch
        {
            span?.SetStatus(ActivityStatusCode.Error);
            run.Dispose();
            throw;
        }
    }

    /// <summary>Decodes an image and encodes what the model sees of it, each in a place of the gate.</summary>
    /// <param name="image">An encoded image.</param>
    /// <param name="cancellation">Ends the wait for a place.</param>
    /// <exception cref="InferenceException">The image cannot be read.</exception>
    internal async ValueTask<byte[]> ShowInputAsync(ReadOnlyMemory<byte> image, CancellationToken cancellation)
    {
        using var run = await PrepareAsync(image, cancellation);
        using var place = await _gate.EnterAsync(cancellation);
        return InputPicture.Encode(Input, run.Input);
    }

    /// <summary>Replaces the model's output by logits, so that a temperature means the same for every model.</summary>
    /// <param name="output">One number a class, in place.</param>
    /// <exception cref="InferenceException">The model gives probabilities, but none here.</exception>
    internal void ToLogits(Span<float> output) => _scores.ToLogits(output);

    /// <inheritdoc/>
    public void Dispose() => Classifier.Dispose();

    /// <summary>A pipe or a device has no length either, and to open one may wait for ever.</summary>
    private static void RefuseEmpty(string folder, string fileName)
    {
        if (new FileInfo(Path.Combine(folder, fileName)) is { Exists: true } file && (file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file) is { Exists: true, Length: 0 })
            throw new ModelLoadException($"{fileName} is empty, or no regular file");
        if (IsPointer(Path.Combine(folder, fileName)))
            throw new ModelLoadException($"{fileName} is a pointer of Git LFS and not the model; fetch it with git lfs pull");
    }

    private static string WithoutFolder(string message, string folder) => message
        .Replace(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)
        .Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    private static bool IsPointer(string path)
    {
        if (new FileInfo(path) is not { Exists: true, Length: < 1024 })
        {
            return false;
        }

        return File.ReadAllBytes(path).AsSpan().StartsWith("version https://git-lfs"u8);
    }

    private static ModelManifest ReadManifest(string path)
    {
        if (!File.Exists(path))
        {
            return ModelManifest.Empty;
        }

        var bytes = File.ReadAllBytes(path);
        if (!Utf8.IsValid(bytes))
        {
            throw new ModelLoadException($"{ModelManifest.FileName} is not UTF-8{NameOfEncoding(bytes)}; save it as UTF-8");
        }

        // A byte-order mark is no content.
        return bytes.AsSpan().Trim("\uFEFF \t\r\n"u8).IsEmpty
            ? throw new ModelLoadException($"{ModelManifest.FileName} is empty; delete it, or write {{}}")
            : ModelManifest.Parse(bytes);
    }

    private static string NameOfEncoding(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith<byte>([0xFF, 0xFE, 0, 0]) ? " but UTF-32"
        : bytes.StartsWith<byte>([0xFF, 0xFE]) || bytes.StartsWith<byte>([0xFE, 0xFF]) ? " but UTF-16"
        : "";

    /// <summary>What is wrong with a folder that has no model, and what would be right.</summary>
    private static ModelLoadException NoModel(string folder, string onnxFileName)
    {
        string[] others = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)] : [];
        var advice = others.FirstOrDefault(name => name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)) is { } onnx ? $"; it has {Quoting.Shorten(onnx)}: give that the name {onnxFileName}"
            : others.FirstOrDefault(name => name.EndsWith(".ort", StringComparison.OrdinalIgnoreCase)) is { } ort ? $"; it has {Quoting.Shorten(ort)}, in ONNX Runtime's own format, which is not read: put the ONNX file there that it was made from"
            : "";
        return new ModelLoadException($"the folder holds no {onnxFileName}{advice}");
    }

    private static OnnxTensorInfo OnlyInput(OnnxModel onnx) => onnx.Inputs switch
    {
        [{ ElementType: "float" or "float16" or "uint8" } input] => input,
        [] => throw new ModelLoadException("the graph has no input; an image classifier has one"),
        [var input] => throw new ModelLoadException($"input '{input.Name}' holds {input.ElementType}; a tensor of float, float16 or uint8 is needed"),
        _ => throw new ModelLoadException($"the graph needs {onnx.Inputs.Count} inputs ({string.Join(", ", onnx.Inputs.Select(input => input.Name))}); an image classifier has one"),
    };

    private IEnumerable<string> ChoicesMade()
    {
        if (GraphOutputs.Count > 1 && Manifest.Output?.Name is null)
        {
            yield return $"The scores are output '{GraphOutput.Name}': {ScoresOutput.Reason}.";
        }

        foreach (var note in _scores.Notes)
        {
            yield return note;
        }

        if (OutputKindIsDetected && OutputKind != OutputKind.Logits)
        {
            yield return $"The output holds {(OutputKind == OutputKind.Probabilities ? "probabilities" : "log-probabilities")}, as the warm-up inputs show; logits are made of them.";
        }

        if (BatchingRefusal is { } refusal)
        {
            yield return $"Requests run one by one: {refusal}.";
        }
    }

    private static IReadOnlyList<string> CheckLabels(IReadOnlyList<string>? labels, int classCount) => labels switch
    {
        null => [.. Enumerable.Range(0, classCount).Select(index => index.ToString())],
        _ when labels.Contains(null!) => throw new ModelLoadException($"{ModelManifest.FileName} has a label that is null; a label is a string"),
        _ when labels.Count == classCount => labels,
        _ when labels.Count == classCount - 1 => throw new ModelLoadException(
            $"{ModelManifest.FileName} has {labels.Count} labels, but the graph's output has {classCount} classes: is class 0 \"background\"? If so, put that label first"),
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

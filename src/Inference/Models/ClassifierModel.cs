using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Files;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models.Scores;
using SoftmaxService.Inference.Observation;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>One version of a model: loaded, checked, warmed up, and ready to run.</summary>
public sealed class ClassifierModel : IDisposable
{
    /// <summary>
    /// The name of the ONNX file in a version's folder, unless the manifest names another. If there is none of that
    /// name, the only file <c>*.onnx</c> is the model, else that of the subfolder <c>onnx</c>, else the only file
    /// <c>*.ort</c>.
    /// </summary>
    public const string OnnxFileName = "model.onnx";

    /// <summary>The name of the diagram in a version's folder that <c>softmax calibrate</c> draws.</summary>
    public const string ReliabilityFileName = "reliability.svg";

    // A model that cannot batch runs more items at once, since they cannot share runs.
    private const int UnbatchedRunsPerCore = 4;

    private readonly WarmGraph _graph;
    private readonly ComputeGate _gate;
    private readonly ImagePreparation _preparation;

    internal ClassifierModel(
        string folder,
        string name,
        string version,
        ModelManifest manifest,
        WarmGraph graph,
        float? calibratedTemperature,
        ModelSettings settings)
    {
        _graph = graph;
        _gate = settings.Gate;
        Folder = folder;
        Identity = new ModelIdentity(name, version);
        Manifest = manifest;
        CalibratedTemperature = calibratedTemperature;
        var runsPerCore = MaxBatchSize > 1 ? 1 : UnbatchedRunsPerCore;
        Queue = new RunQueue(
            Classifier, settings.Onnx.ConcurrentRuns ?? Environment.ProcessorCount * runsPerCore, name, version);
        Admission = new Admission(name, version, settings.MaxPendingItems);
        Metrics = new ModelMetrics(name, version, Labels);
        _preparation = new ImagePreparation(Classifier, Preprocessor, settings.Gate, settings.DecodeMemory, Metrics);
    }

    /// <summary>The model's name and version.</summary>
    public ModelIdentity Identity { get; }

    /// <summary>The model's name, which is its folder's name.</summary>
    public string Name => Identity.Name;

    /// <summary>The version, which is its folder's name: a positive whole number.</summary>
    public string Version => Identity.Version;

    /// <summary>The folder that holds the version's files.</summary>
    public string Folder { get; }

    /// <summary>The contents of <c>model.json</c>; empty where there is none.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>The graph's input as it is declared.</summary>
    public OnnxTensorInfo GraphInput => _graph.Input;

    /// <summary>All outputs that the graph declares, in its order.</summary>
    public IReadOnlyList<OnnxTensorInfo> GraphOutputs => _graph.Outputs;

    /// <summary>The output that holds the class scores, and why it was chosen.</summary>
    public ScoresOutput ScoresOutput => _graph.ScoresOutput;

    /// <summary>The graph's output that holds the class scores, as it is declared.</summary>
    public OnnxTensorInfo GraphOutput => ScoresOutput.Tensor;

    /// <summary>How an image becomes the input tensor.</summary>
    public ImageInput Input => Preprocessor.Input;

    /// <summary>K, the number of classes.</summary>
    public int ClassCount => Classifier.ClassCount;

    /// <summary>One name per class: the manifest's labels, or <c>"0"…"K−1"</c>.</summary>
    public IReadOnlyList<string> Labels => _graph.Labels;

    /// <summary>What the output's numbers are.</summary>
    public OutputKind OutputKind => _graph.Scores.Kind;

    /// <summary>
    /// Whether <see cref="OutputKind"/> was detected from the numbers that the model gives, rather than stated in a
    /// file.
    /// </summary>
    public bool OutputKindIsDetected => Sources["output.kind"] == ModelSources.WarmUp;

    /// <summary>
    /// The probability below which the output is rounded to 0: 2⁻¹⁵⁰ for 32-bit floats, half a step for 8 bits. Null
    /// where the output holds logits.
    /// </summary>
    public double? RoundedToZero =>
        OutputKind == OutputKind.Logits ? null : _graph.Scores.Precision.RoundedToZero;

    /// <summary>The most items that share a run.</summary>
    public int MaxBatchSize => Classifier.MaxBatchSize;

    /// <summary>Why <see cref="MaxBatchSize"/> is 1, in words; null where it is more.</summary>
    public string? BatchingRefusal => Classifier.BatchingRefusal;

    /// <summary>What had to be chosen because the manifest does not state it, one sentence each.</summary>
    public IReadOnlyList<string> Notes => [.. Choices()];

    /// <summary>
    /// Where each field of the description comes from, by its name in the manifest: a file and its field, the graph, or
    /// <c>assumed</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Sources => _graph.Sources.Fields;

    /// <summary>What was assumed or passed over and can change answers, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => _graph.Sources.Warnings;

    /// <summary>
    /// Why the version is failing although it was loaded: the last runs did not end by themselves. Null where it is
    /// not. It is still served, since the next run may end.
    /// </summary>
    public string? RunFault => Queue.Fault;

    /// <summary>The fields whose values a file states, but of which a warning says that they may be wrong.</summary>
    internal IReadOnlySet<string> DoubtedFields => _graph.Sources.Doubted;

    /// <summary>What has been run since the version was loaded, and what is pending.</summary>
    public RunStatistics Statistics => Queue.Statistics;

    /// <summary>
    /// The temperature fitted on held-out data, above 0 and finite; null where the model was never calibrated.
    /// </summary>
    public float? CalibratedTemperature { get; }

    /// <summary>
    /// The temperature of the metrics and of prediction sets, whatever a caller chooses: the calibrated one, else 1.
    /// </summary>
    internal float OwnTemperature => CalibratedTemperature ?? 1f;

    /// <summary>
    /// The diagram that <c>softmax calibrate</c> drew; null where there is none. A link that leads out of the version's
    /// folder does not count: whoever supplies a model must not choose which other files are shown.
    /// </summary>
    public FileInfo? Reliability
    {
        get
        {
            var file = RealPath.Below(Folder, Path.Combine(Folder, ReliabilityFileName));
            return File.Exists(file) ? new FileInfo(file) : null;
        }
    }

    internal ImagePreprocessor Preprocessor => _graph.Preprocessor;

    internal OnnxClassifier Classifier => _graph.Classifier;

    /// <summary>Joins waiting items into runs.</summary>
    internal RunQueue Queue { get; }

    internal Admission Admission { get; }

    internal ModelMetrics Metrics { get; }

    /// <summary>
    /// The path in a version's folder of the ONNX file that is served, such as <c>onnx/model.onnx</c>; null if there is
    /// none.
    /// </summary>
    /// <param name="folder">The version's folder.</param>
    public static string? FindOnnxFile(string folder) => ModelFiles.Find(folder);

    /// <summary>Loads a version's folder, checks the model and warms it up.</summary>
    /// <param name="folder">The folder that holds the ONNX file and perhaps <c>model.json</c>.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's name.</param>
    /// <param name="settings">How to run it.</param>
    /// <param name="onnxFileName">
    /// The ONNX file's path in that folder; null for the one that <see cref="FindOnnxFile"/> finds.
    /// </param>
    /// <param name="cancellationToken">Ends the load early, which then fails.</param>
    /// <exception cref="ModelLoadException">
    /// A file is missing or damaged, the graph is not an image classifier, or the manifest contradicts it.
    /// </exception>
    public static ClassifierModel Load(
        string folder,
        string name,
        string version,
        ModelSettings settings,
        string? onnxFileName = null,
        CancellationToken cancellationToken = default) =>
        ModelLoader.Load(folder, name, version, settings, onnxFileName, cancellationToken);

    /// <summary>
    /// Rejects a request before its body is read, while the model has as many pending items as it admits, and counts
    /// the rejection. A request that passes here may still be rejected when it is admitted.
    /// </summary>
    /// <returns>Why the request is rejected, in words; null where it is not.</returns>
    public string? RejectWhenFull() => Admission.RejectWhenFull();

    /// <summary>
    /// How long decoding an image takes at most, told from its header, in megapixels of a plain JPEG: other formats
    /// take longer for as many pixels.
    /// </summary>
    /// <param name="image">An encoded image.</param>
    /// <returns>At least 0, and 0 for what is rejected by its header.</returns>
    public double DecodeMegapixelsOf(ReadOnlySpan<byte> image)
    {
        try
        {
            return Preprocessor.ReadHeader(image).Cost.Megapixels;
        }
        catch (InferenceException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Classifier.Dispose();

    /// <summary>Decodes an image into a run's own buffers, once its turn has come.</summary>
    /// <param name="image">An encoded image.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InferenceException">The image cannot be read.</exception>
    internal ValueTask<OnnxRun> PrepareAsync(ReadOnlyMemory<byte> image, CancellationToken cancellationToken) =>
        _preparation.PrepareAsync(image, cancellationToken);

    /// <summary>Decodes an image into a run's own buffers.</summary>
    /// <param name="image">An encoded image.</param>
    /// <exception cref="InferenceException">The image cannot be read.</exception>
    internal OnnxRun Prepare(ReadOnlySpan<byte> image) => _preparation.Prepare(image);

    /// <summary>Decodes an image and encodes what the model sees of it, each holding a permit of the gate.</summary>
    /// <param name="image">An encoded image.</param>
    /// <param name="cancellationToken">Ends the wait for a permit.</param>
    /// <exception cref="InferenceException">The image cannot be read.</exception>
    internal async ValueTask<byte[]> ShowInputAsync(ReadOnlyMemory<byte> image, CancellationToken cancellationToken)
    {
        using var run = await PrepareAsync(image, cancellationToken);
        using var permit = await _gate.EnterAsync(cancellationToken);
        return InputPicture.Encode(Input, run.Input);
    }

    /// <summary>Replaces the model's output by logits, so that a temperature means the same for every model.</summary>
    /// <param name="output">One number per class, changed in place.</param>
    /// <exception cref="InferenceException">The model gives probabilities, but none here.</exception>
    internal void ToLogits(Span<float> output) => _graph.Scores.ToLogits(output);

    private IEnumerable<string> Choices()
    {
        foreach (var note in _graph.Notes)
        {
            yield return note;
        }

        if (GraphOutputs.Count > 1 && Manifest.Output?.Name is null)
        {
            yield return $"The scores are output '{GraphOutput.Name}': {ScoresOutput.Reason}.";
        }

        foreach (var note in _graph.Scores.Notes)
        {
            yield return note;
        }

        if (OutputKindIsDetected && OutputKind != OutputKind.Logits)
        {
            var what = OutputKind == OutputKind.Probabilities ? "probabilities" : "log-probabilities";
            yield return $"The output holds {what}, as the warm-up inputs show; logits are made of them.";
        }

        if (BatchingRefusal is { } refusal)
        {
            yield return $"Requests run one by one: {refusal}.";
        }
    }
}

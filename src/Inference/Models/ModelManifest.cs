using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// A model's <c>model.json</c>. Every member may be absent: what it does not say, the ONNX graph says. JSON names are camelCase; a name
/// that is not known here is an error, since a misspelt <c>mean</c> would silently cost accuracy.
/// </summary>
public sealed record ModelManifest
{
    /// <summary>The file's name inside a version's folder.</summary>
    public const string FileName = "model.json";

    /// <summary>A manifest that says nothing.</summary>
    public static ModelManifest Empty { get; } = new();

    /// <summary>One or two sentences about the model.</summary>
    public string? Description { get; init; }

    /// <summary>The licence of the model file.</summary>
    public string? License { get; init; }

    /// <summary>How an image becomes the input tensor.</summary>
    public ManifestInput? Input { get; init; }

    /// <summary>What the model's output means.</summary>
    public ManifestOutput? Output { get; init; }

    /// <summary>One name a class, in the order of the output.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The fitted temperature and its evidence.</summary>
    public ManifestCalibration? Calibration { get; init; }

    /// <summary>How the model was made. Kept and shown as it is, never interpreted.</summary>
    public JsonElement? Training { get; init; }

    /// <summary>Reads a manifest.</summary>
    /// <param name="utf8Json">The file's bytes, with or without a byte-order mark.</param>
    /// <exception cref="JsonException">It is not JSON, a name is unknown, or a value has the wrong type.</exception>
    public static ModelManifest Parse(ReadOnlySpan<byte> utf8Json)
    {
        if (utf8Json.StartsWith("\uFEFF"u8))
        {
            utf8Json = utf8Json[3..];
        }

        return JsonSerializer.Deserialize(utf8Json, ManifestJsonContext.Default.ModelManifest)
            ?? throw new JsonException("The manifest is the JSON value null; it must be an object.");
    }

    /// <summary>Writes the manifest as indented UTF-8 JSON; absent members are left out.</summary>
    public byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, ManifestJsonContext.Default.ModelManifest);
}

/// <summary>The manifest's <c>input</c>: an <see cref="ImageInput"/> of which every member may be left to the graph or to a default.</summary>
public sealed record ManifestInput
{
    /// <inheritdoc cref="ImageInput.Layout"/>
    public TensorLayout? Layout { get; init; }

    /// <inheritdoc cref="ImageInput.Channels"/>
    public int? Channels { get; init; }

    /// <inheritdoc cref="ImageInput.Height"/>
    public int? Height { get; init; }

    /// <inheritdoc cref="ImageInput.Width"/>
    public int? Width { get; init; }

    /// <inheritdoc cref="ImageInput.Color"/>
    public PixelColor? Color { get; init; }

    /// <inheritdoc cref="ImageInput.Scale"/>
    public double? Scale { get; init; }

    /// <summary>One value for all channels, or one a channel.</summary>
    public IReadOnlyList<float>? Mean { get; init; }

    /// <summary>One value for all channels, or one a channel.</summary>
    public IReadOnlyList<float>? Std { get; init; }

    /// <inheritdoc cref="ImageInput.Resize"/>
    public ResizeMode? Resize { get; init; }

    /// <inheritdoc cref="ImageInput.Foreground"/>
    public Foreground? Foreground { get; init; }
}

/// <summary>What the numbers that a model puts out are. Names as in a manifest.</summary>
public enum OutputKind
{
    /// <summary>Unnormalised log-probabilities: the numbers before softmax.</summary>
    [JsonStringEnumMemberName("logits")]
    Logits,

    /// <summary>Numbers in 0…1 that sum to 1; their logarithms serve as logits.</summary>
    [JsonStringEnumMemberName("probabilities")]
    Probabilities,

    /// <summary>Logarithms of probabilities; they serve as logits.</summary>
    [JsonStringEnumMemberName("log-probabilities")]
    LogProbabilities,
}

/// <summary>The manifest's <c>output</c>.</summary>
public sealed record ManifestOutput
{
    /// <summary>The graph's output that holds the class scores; where there are several, found by shape and name unless said.</summary>
    public string? Name { get; init; }

    /// <summary>What the numbers are; found by looking at what the model gives unless said.</summary>
    public OutputKind? Kind { get; init; }
}

/// <summary>The manifest's <c>calibration</c>: a temperature fitted on labelled data that the model was not trained on, and its evidence.</summary>
public sealed record ManifestCalibration
{
    /// <summary>The fitted temperature, &gt; 0 and finite.</summary>
    public required double Temperature { get; init; }

    /// <summary>
    /// Bootstrap 95 % interval of the temperature. A lower end of 0 says that the data has too few mistakes to rule out any temperature however
    /// low; an upper end of 3.4e38, the largest a float holds, that it cannot rule out any however high.
    /// </summary>
    public Interval? TemperatureInterval { get; init; }

    /// <summary>The labelled data that it was fitted on.</summary>
    public string? Dataset { get; init; }

    /// <summary>How many labelled images that were.</summary>
    public int? Count { get; init; }

    /// <summary>How many equal-width confidence bins the calibration errors use.</summary>
    public int? Bins { get; init; }

    /// <summary>Measured at temperature 1.</summary>
    public CalibrationMetrics? Before { get; init; }

    /// <summary>Measured at the fitted temperature.</summary>
    public CalibrationMetrics? After { get; init; }

    /// <summary>The reliability diagram's bins at temperature 1, from low to high confidence.</summary>
    public IReadOnlyList<ReliabilityBin>? ReliabilityBefore { get; init; }

    /// <summary>The reliability diagram's bins at the fitted temperature, from low to high confidence.</summary>
    public IReadOnlyList<ReliabilityBin>? Reliability { get; init; }

    /// <summary>How often images of each class (row) were answered as each (column), at the fitted temperature; absent where there are more than 100 classes.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Confusion { get; init; }

    /// <summary>Quantiles for prediction sets.</summary>
    public ConformalQuantiles? Conformal { get; init; }

    /// <summary>
    /// What prediction sets are like as they are served, for α from 0.3 down to 0.01 as far as there are images enough. They are measured on the images
    /// that the quantiles come from, whose coverage is at least the one that is asked for by construction; on others <c>softmax evaluate</c> measures it.
    /// </summary>
    public IReadOnlyList<ServedSets>? PredictionSets { get; init; }

    /// <summary>The energy below which an image counts as of the kind that the model was trained on.</summary>
    public EnergyThreshold? Energy { get; init; }

    /// <summary>What is to be known of the data before these numbers are trusted, in sentences; absent where nothing is.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>How well probabilities match what happened; all but accuracy are better when smaller.</summary>
public sealed record CalibrationMetrics
{
    /// <summary>The share of images whose most probable class is right, 0…1.</summary>
    public double Accuracy { get; init; }

    /// <summary>Mean negative log-likelihood of the right class, in nats.</summary>
    public double Nll { get; init; }

    /// <summary>Mean squared distance between probabilities and the one-hot truth, 0…2.</summary>
    public double Brier { get; init; }

    /// <summary>Expected calibration error, 0…1.</summary>
    public double Ece { get; init; }

    /// <summary>Maximum calibration error, 0…1: the largest gap of a bin, however few images it holds.</summary>
    public double Mce { get; init; }

    /// <summary>Expected calibration error over bins that hold equally many images, 0…1.</summary>
    public double? AdaptiveEce { get; init; }

    /// <summary>Expected calibration error of each class's probability, averaged over the classes, 0…1; absent where there are more than 4,194,304 classes × bins.</summary>
    public double? ClasswiseEce { get; init; }

    /// <summary>Bootstrap 95 % intervals of all of these.</summary>
    public MetricIntervals? Intervals { get; init; }
}

/// <summary>An interval with both ends in it.</summary>
/// <param name="Lower">Its lower end.</param>
/// <param name="Upper">Its upper end.</param>
public readonly record struct Interval(double Lower, double Upper);

/// <summary>
/// Bootstrap 95 % percentile intervals of <see cref="CalibrationMetrics"/>. Calibration errors are sums of absolute values: noise only adds to
/// them, in a sample as in its replicates, so that the interval of a small one may lie above it.
/// </summary>
public sealed record MetricIntervals
{
    /// <summary>Of <see cref="CalibrationMetrics.Accuracy"/>.</summary>
    public Interval Accuracy { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.Nll"/>.</summary>
    public Interval Nll { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.Brier"/>.</summary>
    public Interval Brier { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.Ece"/>.</summary>
    public Interval Ece { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.Mce"/>.</summary>
    public Interval Mce { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.AdaptiveEce"/>.</summary>
    public Interval AdaptiveEce { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.ClasswiseEce"/>; absent where there are more than 2,048 classes, or 65,536 classes × bins.</summary>
    public Interval? ClasswiseEce { get; init; }
}

/// <summary>One bar of a reliability diagram: the images whose confidence is in (<see cref="Lower"/>, <see cref="Upper"/>].</summary>
public sealed record ReliabilityBin
{
    /// <summary>The bin's open lower edge.</summary>
    public double Lower { get; init; }

    /// <summary>The bin's closed upper edge.</summary>
    public double Upper { get; init; }

    /// <summary>How many images fell into the bin.</summary>
    public int Count { get; init; }

    /// <summary>Their mean confidence; 0 when the bin is empty.</summary>
    public double Confidence { get; init; }

    /// <summary>The share of them that was right; 0 when the bin is empty.</summary>
    public double Accuracy { get; init; }
}

/// <summary>The score that a prediction set is made by: how badly a class fits an image. Names as in a manifest.</summary>
public enum ConformalMethod
{
    /// <summary>
    /// Least ambiguous set-valued classifier: <c>1 − p_y</c>. The smallest sets on average; empty where no class is likely enough.
    /// Sadinle, Lei and Wasserman, "Least Ambiguous Set-Valued Classifiers With Bounded Error Levels", 2019.
    /// </summary>
    [JsonStringEnumMemberName("lac")]
    Lac,

    /// <summary>
    /// Adaptive prediction sets: the probabilities of all classes down to y, y's own with them. Larger sets, larger still where the image is hard.
    /// Romano, Sesia and Candès, "Classification with Valid and Adaptive Coverage", 2020, without the random number.
    /// </summary>
    [JsonStringEnumMemberName("aps")]
    Aps,

    /// <summary>
    /// Adaptive prediction sets as published: the probabilities of all classes above y, and a uniformly random share of y's own.
    /// Served without randomness, none of y's own counted, which can only add classes.
    /// </summary>
    [JsonStringEnumMemberName("aps-randomized")]
    RandomizedAps,
}

/// <summary>Split-conformal quantiles by miscoverage α.</summary>
public sealed record ConformalQuantiles
{
    /// <summary>The score that they are quantiles of.</summary>
    public required ConformalMethod Method { get; init; }

    /// <summary>How many calibration images the quantiles come from: n.</summary>
    public int? Count { get; init; }

    /// <summary>α, as a decimal string, → the calibration score of rank ⌈(n+1)(1−α)⌉.</summary>
    public required IReadOnlyDictionary<string, double> Quantiles { get; init; }

    /// <summary>Some of the sorted scores, for any other α.</summary>
    public StoredScores? Scores { get; init; }

    /// <summary>The quantiles of the other scores of the same images, for their own α alone. They are evidence; prediction sets are made by the outer one.</summary>
    public IReadOnlyList<ConformalQuantiles>? Alternatives { get; init; }
}

/// <summary>A compact record of n sorted scores: the largest, those of the common α, and some between.</summary>
public sealed record StoredScores
{
    /// <summary>Ranks among the n, from 1, ascending.</summary>
    public required IReadOnlyList<int> Ranks { get; init; }

    /// <summary>The score of each rank, ascending.</summary>
    public required IReadOnlyList<double> Values { get; init; }
}

/// <summary>Prediction sets of one α as they are served: where no class fits well enough, the most probable one stands in.</summary>
/// <param name="Alpha">The miscoverage that is asked for.</param>
/// <param name="Coverage">The share of the sets that hold the right class, 0…1.</param>
/// <param name="MeanSize">How many classes a set holds on average, at least 1.</param>
public readonly record struct ServedSets(double Alpha, double Coverage, double MeanSize);

/// <summary>A threshold on the energy <c>−T·logsumexp(z/T)</c>.</summary>
public sealed record EnergyThreshold
{
    /// <summary>Images at or below it count as known.</summary>
    public double Threshold { get; init; }

    /// <summary>The share of the calibration images at or below it, 0…1.</summary>
    public double TruePositiveRate { get; init; }
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    NumberHandling = JsonNumberHandling.Strict,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    PropertyNameCaseInsensitive = false,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    Converters = [typeof(NamedEnumConverter<TensorLayout>), typeof(NamedEnumConverter<PixelColor>), typeof(NamedEnumConverter<ResizeMode>), typeof(NamedEnumConverter<Foreground>), typeof(NamedEnumConverter<OutputKind>), typeof(NamedEnumConverter<ConformalMethod>)])]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJsonContext : JsonSerializerContext;

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
    /// <summary>What the numbers are; logits unless said.</summary>
    public OutputKind Kind { get; init; } = OutputKind.Logits;
}

/// <summary>The manifest's <c>calibration</c>: a temperature fitted on labelled data that the model was not trained on, and its evidence.</summary>
public sealed record ManifestCalibration
{
    /// <summary>The fitted temperature, &gt; 0 and finite.</summary>
    public required double Temperature { get; init; }

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

    /// <summary>The reliability diagram's bins at the fitted temperature, from low to high confidence.</summary>
    public IReadOnlyList<ReliabilityBin>? Reliability { get; init; }

    /// <summary>Quantiles for prediction sets.</summary>
    public ConformalQuantiles? Conformal { get; init; }

    /// <summary>The energy below which an image counts as of the kind that the model was trained on.</summary>
    public EnergyThreshold? Energy { get; init; }
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

    /// <summary>Maximum calibration error, 0…1.</summary>
    public double Mce { get; init; }
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

/// <summary>Split-conformal quantiles by miscoverage α.</summary>
public sealed record ConformalQuantiles
{
    /// <summary>The score that they are quantiles of, for example <c>aps</c>.</summary>
    public required string Method { get; init; }

    /// <summary>α, as a decimal string, → quantile.</summary>
    public required IReadOnlyDictionary<string, double> Quantiles { get; init; }
}

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
    Converters = [typeof(NamedEnumConverter<TensorLayout>), typeof(NamedEnumConverter<PixelColor>), typeof(NamedEnumConverter<ResizeMode>), typeof(NamedEnumConverter<Foreground>), typeof(NamedEnumConverter<OutputKind>)])]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJsonContext : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// A model's <c>model.json</c>. Every member may be absent; missing values come from the ONNX graph. JSON names are
/// camelCase. An unknown name is an error, since a misspelt <c>mean</c> would silently cost accuracy.
/// </summary>
public sealed record ModelManifest
{
    /// <summary>The name of the file in a version's folder.</summary>
    public const string FileName = "model.json";

    /// <summary>An empty manifest.</summary>
    public static ModelManifest Empty { get; } = new();

    /// <summary>One or two sentences about the model.</summary>
    public string? Description { get; init; }

    /// <summary>The licence of the model file.</summary>
    public string? License { get; init; }

    /// <summary>
    /// The path of the ONNX file in the version's folder, such as <c>onnx/model_quantized.onnx</c>; defaults to
    /// <c>model.onnx</c>, or the only ONNX file.
    /// </summary>
    public string? File { get; init; }

    /// <summary>How an image becomes the input tensor.</summary>
    public ManifestInput? Input { get; init; }

    /// <summary>What the model's output means.</summary>
    public ManifestOutput? Output { get; init; }

    /// <summary>One name per class, in the order of the output.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The fitted temperature and its evidence.</summary>
    public ManifestCalibration? Calibration { get; init; }

    /// <summary>How the model was made. Kept and shown verbatim, never interpreted.</summary>
    public JsonElement? Training { get; init; }

    /// <summary>Reads a manifest.</summary>
    /// <param name="utf8Json">The bytes of the file, with or without a byte-order mark.</param>
    /// <exception cref="JsonException">It is not JSON, a name is unknown, or a value has the wrong type.</exception>
    public static ModelManifest Parse(ReadOnlySpan<byte> utf8Json)
    {
        if (utf8Json.StartsWith("\uFEFF"u8))
        {
            utf8Json = utf8Json[3..];
        }

        var type = ManifestJsonContext.Default.ModelManifest;
        try
        {
            return JsonSerializer.Deserialize(utf8Json, type)
                ?? throw new JsonValueException(
                    "The manifest is the JSON value null; it must be an object.", namesValue: true);
        }
        catch (JsonException fault)
        {
            throw new JsonException(JsonFault.Describe(fault, utf8Json, type), fault);
        }
    }

    /// <summary>Writes the manifest as indented UTF-8 JSON; absent members are omitted.</summary>
    public byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, ManifestJsonContext.Default.ModelManifest);
}

/// <summary>
/// The manifest's <c>input</c>: an <see cref="ImageInput"/> whose members may all be left to the graph or to a
/// default.
/// </summary>
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

    /// <summary>One value for all channels, or one per channel.</summary>
    public IReadOnlyList<float>? Mean { get; init; }

    /// <summary>One value for all channels, or one per channel.</summary>
    public IReadOnlyList<float>? Std { get; init; }

    /// <inheritdoc cref="ImageInput.Standardize"/>
    public bool? Standardize { get; init; }

    /// <inheritdoc cref="ImageInput.Resize"/>
    public ResizeMode? Resize { get; init; }

    /// <inheritdoc cref="ImageInput.ResizeTo"/>
    public ResizeTarget? ResizeTo { get; init; }

    /// <inheritdoc cref="ImageInput.CropOffset"/>
    public CropOffset? CropOffset { get; init; }

    /// <inheritdoc cref="ImageInput.ResizeRounding"/>
    public ResizeRounding? ResizeRounding { get; init; }

    /// <inheritdoc cref="ImageInput.Filter"/>
    public ImageFilter? Filter { get; init; }

    /// <inheritdoc cref="ImageInput.Antialias"/>
    public bool? Antialias { get; init; }

    /// <inheritdoc cref="ImageInput.Round"/>
    public bool? Round { get; init; }

    /// <summary>The colour around an image that does not fill the input: one grey, or red, green, blue.</summary>
    public IReadOnlyList<float>? Fill { get; init; }

    /// <summary>The colour that transparent pixels are laid on: one grey, or red, green, blue.</summary>
    public IReadOnlyList<byte>? Background { get; init; }

    /// <inheritdoc cref="ImageInput.Foreground"/>
    public Foreground? Foreground { get; init; }

    /// <summary>Whether the scale, or what belongs together with it, is given.</summary>
    internal bool StatesScaling => this is not { Scale: null, Mean: null, Std: null, Standardize: null };

    /// <summary>Whether the kind of resizing, or what belongs together with it, is given.</summary>
    internal bool StatesFraming => this is not
    {
        Resize: null, ResizeTo: null, CropOffset: null, ResizeRounding: null, Fill: null,
    };

    /// <summary>
    /// Another input's values in place of these, and these where it has none. What makes sense only together is
    /// replaced together: scale, mean, standard deviation and <see cref="Standardize"/>; and <see cref="Resize"/>,
    /// <see cref="ResizeTo"/>, <see cref="CropOffset"/>, <see cref="ResizeRounding"/> and <see cref="Fill"/>.
    /// </summary>
    /// <param name="other">The values that replace these.</param>
    public ManifestInput With(ManifestInput other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var values = other.StatesScaling ? other : this;
        var framing = other.StatesFraming ? other : this;
        return new ManifestInput
        {
            Layout = other.Layout ?? Layout,
            Channels = other.Channels ?? Channels,
            Height = other.Height ?? Height,
            Width = other.Width ?? Width,
            Color = other.Color ?? Color,
            Scale = values.Scale,
            Mean = values.Mean,
            Std = values.Std,
            Standardize = values.Standardize,
            Resize = framing.Resize,
            ResizeTo = framing.ResizeTo,
            CropOffset = framing.CropOffset,
            ResizeRounding = framing.ResizeRounding,
            Filter = other.Filter ?? Filter,
            Antialias = other.Antialias ?? Antialias,
            Round = other.Round ?? Round,
            Fill = framing.Fill,
            Background = other.Background ?? Background,
            Foreground = other.Foreground ?? Foreground,
        };
    }
}

/// <summary>The manifest's <c>output</c>.</summary>
public sealed record ManifestOutput
{
    /// <summary>
    /// The graph's output that holds the class scores; defaults to the one that fits best by shape, numbers and
    /// name.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>What the numbers are; defaults to what the numbers for the warm-up images look like.</summary>
    public OutputKind? Kind { get; init; }
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
    Converters =
    [
        typeof(NamedEnumConverter<TensorLayout>),
        typeof(NamedEnumConverter<PixelColor>),
        typeof(NamedEnumConverter<ResizeMode>),
        typeof(NamedEnumConverter<Foreground>),
        typeof(NamedEnumConverter<ImageFilter>),
        typeof(NamedEnumConverter<CropOffset>),
        typeof(NamedEnumConverter<ResizeRounding>),
        typeof(NamedEnumConverter<OutputKind>),
        typeof(NamedEnumConverter<ConformalMethod>),
    ])]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJsonContext : JsonSerializerContext;

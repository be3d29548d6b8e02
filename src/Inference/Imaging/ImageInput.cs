using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Imaging;

/// <summary>The order of the elements of a model's input tensor. The names are those in a manifest.</summary>
public enum TensorLayout
{
    /// <summary>Channel planes one after the other: <c>[channels, height, width]</c>.</summary>
    [JsonStringEnumMemberName("NCHW")]
    ChannelsFirst,

    /// <summary>Pixels one after the other: <c>[height, width, channels]</c>.</summary>
    [JsonStringEnumMemberName("NHWC")]
    ChannelsLast,

    /// <summary>A single axis, in the same order as <see cref="ChannelsFirst"/>.</summary>
    [JsonStringEnumMemberName("flat")]
    Flat,
}

/// <summary>The meaning of a pixel's channels. The names are those in a manifest.</summary>
public enum PixelColor
{
    /// <summary>
    /// One channel: Rec. 601 luma of the sRGB values, rounded as Pillow's <c>convert("L")</c> does: red is 76, green
    /// 150, blue 29.
    /// </summary>
    [JsonStringEnumMemberName("gray")]
    Gray,

    /// <summary>Red, green, blue.</summary>
    [JsonStringEnumMemberName("rgb")]
    Rgb,

    /// <summary>Blue, green, red, as for models made with OpenCV.</summary>
    [JsonStringEnumMemberName("bgr")]
    Bgr,
}

/// <summary>
/// How an image of another shape gets the model's height and width. The names are those in a manifest.
/// </summary>
public enum ResizeMode
{
    /// <summary>Each axis is scaled by itself; the aspect ratio is lost.</summary>
    [JsonStringEnumMemberName("stretch")]
    Stretch,

    /// <summary>The whole image is kept and centred; the rest is filled.</summary>
    [JsonStringEnumMemberName("fit")]
    Fit,

    /// <summary>
    /// The largest centred part of the model's aspect ratio is kept, or the centre of the image after a resize to
    /// <see cref="ImageInput.ResizeTo"/>.
    /// </summary>
    [JsonStringEnumMemberName("crop")]
    Crop,
}

/// <summary>
/// Whether images show a shape on a plain background, and in which polarity the model was trained to see it. The names
/// are those in a manifest.
/// </summary>
public enum Foreground
{
    /// <summary>Photographs: there is no ink, and the image is used as it is.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>
    /// Light ink on a dark background, as in MNIST: the ink is found, made light, cropped, fitted and centred.
    /// </summary>
    [JsonStringEnumMemberName("light")]
    Light,

    /// <summary>Dark ink on a light background: as <see cref="Light"/>, with the opposite polarity.</summary>
    [JsonStringEnumMemberName("dark")]
    Dark,
}

/// <summary>
/// How an image becomes a model's input tensor: <c>tensor = (pixel · scale − mean) / std</c>, with <c>pixel</c> in
/// 0…255 and one <c>mean</c> and <c>std</c> per channel.
/// </summary>
public sealed record ImageInput
{
    /// <summary>The order of the tensor's elements.</summary>
    public TensorLayout Layout { get; init; } = TensorLayout.ChannelsFirst;

    /// <summary>1 for <see cref="PixelColor.Gray"/>, otherwise 3.</summary>
    public required int Channels { get; init; }

    /// <summary>The number of rows, at least 1.</summary>
    public required int Height { get; init; }

    /// <summary>Pixels per row, at least 1.</summary>
    public required int Width { get; init; }

    /// <summary>The meaning of the channels.</summary>
    public required PixelColor Color { get; init; }

    /// <summary>
    /// The factor from a pixel in 0…255 to the model's unit. Defaults to 1/255, or to 1 for a model that takes
    /// integers.
    /// </summary>
    public float Scale { get; init; } = 1f / 255f;

    /// <summary>One value per channel, subtracted after scaling.</summary>
    public required IReadOnlyList<float> Mean { get; init; }

    /// <summary>One value per channel, not 0; the divisor after the subtraction.</summary>
    public required IReadOnlyList<float> Std { get; init; }

    /// <summary>
    /// Whether each image is standardized by itself after scaling: the mean of its elements is subtracted, and they are
    /// divided by <c>max(σ, 1/√n)</c>, where σ is their standard deviation and n is <see cref="ElementCount"/>. As by
    /// TensorFlow's <c>per_image_standardization</c>
    /// (https://www.tensorflow.org/api_docs/python/tf/image/per_image_standardization).
    /// </summary>
    public bool Standardize { get; init; }

    /// <summary>How images of another shape are resized to <see cref="Height"/> × <see cref="Width"/>.</summary>
    public ResizeMode Resize { get; init; } = ResizeMode.Stretch;

    /// <summary>
    /// The size to which an image is resized before <see cref="ResizeMode.Crop"/> takes the centre. Null keeps the
    /// largest part of the model's aspect ratio, where <see cref="CropOffset"/> says.
    /// </summary>
    public ResizeTarget? ResizeTo { get; init; }

    /// <summary>
    /// Where <see cref="ResizeMode.Crop"/> begins if the margin is an odd number. With <see cref="ResizeTo"/>, an image
    /// that is smaller than the crop is filled with the smaller half of an odd number before it, or for
    /// <see cref="CropOffset.Down"/> with the larger, as by the same makers.
    /// </summary>
    public CropOffset CropOffset { get; init; } = CropOffset.Even;

    /// <summary>
    /// How the longer side is rounded, if <see cref="ResizeTo"/> gives the length of the shorter one.
    /// </summary>
    public ResizeRounding ResizeRounding { get; init; } = ResizeRounding.Down;

    /// <summary>How source pixels make a resized pixel.</summary>
    public ImageFilter Filter { get; init; } = ImageFilter.Bilinear;

    /// <summary>
    /// Whether the filter is widened when an image is shrunk, as Pillow does. Without, most source pixels are ignored,
    /// as OpenCV and TensorFlow do.
    /// </summary>
    public bool Antialias { get; init; } = true;

    /// <summary>
    /// Whether a resized image is rounded to whole numbers in 0…255 before it is scaled, as Pillow does: with
    /// <see cref="Antialias"/> after each axis, the width first; without, once, as OpenCV does. Tensors that TensorFlow
    /// or torchvision resize are not rounded, and keep what <see cref="ImageFilter.Bicubic"/> and
    /// <see cref="ImageFilter.Lanczos"/> overshoot beyond 0…255.
    /// </summary>
    public bool Round { get; init; }

    /// <summary>The colour around an image that does not fill the input: red, green, blue in 0…255.</summary>
    public IReadOnlyList<float> Fill { get; init; } = [0, 0, 0];

    /// <summary>
    /// The colour that transparent pixels are laid on: red, green, blue in 0…255. A grey model gets its luma, as it
    /// does of <see cref="Fill"/>.
    /// </summary>
    public IReadOnlyList<byte> Background { get; init; } = [255, 255, 255];

    /// <summary>Whether images show ink on a plain background.</summary>
    public Foreground Foreground { get; init; } = Foreground.None;

    /// <summary>The number of floats per image: channels · height · width.</summary>
    public int ElementCount => Channels * Height * Width;
}

using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Imaging;

/// <summary>The order in which a model's input tensor holds one image. Names as in a manifest.</summary>
public enum TensorLayout
{
    /// <summary>Channel planes one after the other: <c>[channels, height, width]</c>.</summary>
    [JsonStringEnumMemberName("NCHW")]
    ChannelsFirst,

    /// <summary>Pixels one after the other: <c>[height, width, channels]</c>.</summary>
    [JsonStringEnumMemberName("NHWC")]
    ChannelsLast,

    /// <summary>One axis that holds the same order as <see cref="ChannelsFirst"/>.</summary>
    [JsonStringEnumMemberName("flat")]
    Flat,
}

/// <summary>What a pixel's channels mean. Names as in a manifest.</summary>
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

    /// <summary>Blue, green, red, as models made with OpenCV want.</summary>
    [JsonStringEnumMemberName("bgr")]
    Bgr,
}

/// <summary>How an image of another shape becomes the model's height and width. Names as in a manifest.</summary>
public enum ResizeMode
{
    /// <summary>Each axis is scaled by itself; the aspect ratio is lost.</summary>
    [JsonStringEnumMemberName("stretch")]
    Stretch,

    /// <summary>The whole image is kept and centred; the rest is filled with the background.</summary>
    [JsonStringEnumMemberName("fit")]
    Fit,

    /// <summary>The largest centred part of the model's aspect ratio is kept.</summary>
    [JsonStringEnumMemberName("crop")]
    Crop,
}

/// <summary>Whether images show a shape on a plain ground, and how the model was taught to see it. Names as in a manifest.</summary>
public enum Foreground
{
    /// <summary>Photographs: there is no ink, the image is taken as it is.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Light ink on a dark ground, as in MNIST: the ink is found, turned light, cropped, fitted and centred.</summary>
    [JsonStringEnumMemberName("light")]
    Light,

    /// <summary>Dark ink on a light ground: as <see cref="Light"/>, the other way round.</summary>
    [JsonStringEnumMemberName("dark")]
    Dark,
}

/// <summary>
/// All that turning an image into a model's input tensor needs to know: <c>tensor = (pixel · scale − mean) / std</c>, with
/// <c>pixel</c> in 0…255 and one <c>mean</c> and <c>std</c> a channel.
/// </summary>
public sealed record ImageInput
{
    /// <summary>The order of the tensor's elements.</summary>
    public TensorLayout Layout { get; init; } = TensorLayout.ChannelsFirst;

    /// <summary>1 for <see cref="PixelColor.Gray"/>, else 3.</summary>
    public required int Channels { get; init; }

    /// <summary>Rows of pixels, at least 1.</summary>
    public required int Height { get; init; }

    /// <summary>Pixels a row, at least 1.</summary>
    public required int Width { get; init; }

    /// <summary>What the channels mean.</summary>
    public required PixelColor Color { get; init; }

    /// <summary>Factor from a pixel in 0…255 to the model's unit; 1/255 by default, 1 for a model that takes bytes.</summary>
    public float Scale { get; init; } = 1f / 255f;

    /// <summary>One value a channel, subtracted after scaling.</summary>
    public required IReadOnlyList<float> Mean { get; init; }

    /// <summary>One value a channel, not 0, divided by after subtracting.</summary>
    public required IReadOnlyList<float> Std { get; init; }

    /// <summary>How images of another shape are brought to <see cref="Height"/> × <see cref="Width"/>.</summary>
    public ResizeMode Resize { get; init; } = ResizeMode.Stretch;

    /// <summary>Whether images hold ink on a plain ground.</summary>
    public Foreground Foreground { get; init; } = Foreground.None;

    /// <summary>The number of floats one image takes: channels · height · width.</summary>
    public int ElementCount => Channels * Height * Width;
}

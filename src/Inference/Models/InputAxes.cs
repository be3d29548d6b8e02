using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// What the axes of a graph's input are. A size that the graph leaves open is <see cref="Open"/>.
/// </summary>
internal sealed record InputAxes(TensorLayout Layout, bool HasBatch, int Channels, int Height, int Width)
{
    public const int Open = OnnxTensorInfo.Dynamic;

    // Smaller inputs are features or a part of a signal, unless their shape or the manifest says otherwise.
    public const int MinSide = 8;

    public bool IsFlat { get; init; }

    public bool IsPlane { get; init; }

    public int[] ConcreteShape(int channels, int height, int width)
    {
        int[] item = this switch
        {
            { IsFlat: true } => [channels * height * width],
            { IsPlane: true } => [height, width],
            { Layout: TensorLayout.ChannelsLast } => [height, width, channels],
            _ => [channels, height, width],
        };
        return HasBatch ? [1, .. item] : item;
    }

    public static InputAxes Of(OnnxTensorInfo tensor, ManifestInput stated)
    {
        int[] shape = [.. tensor.Shape];
        var layout = stated.Layout ?? LayoutOf(shape) ?? throw new ModelLoadException(
            shape.Length is < 1 or > 4
                ? $"input '{tensor.Name}' has the shape {tensor.ShapeText}; an image has 1 to 4 axes: [N, C, H, W], "
                    + "[N, H, W, C], [C, H, W], [N, pixels] or [pixels]"
                : $"input '{tensor.Name}' has the shape {tensor.ShapeText}, in which neither the first nor the last "
                    + "axis of an image holds 1 or 3 channels; say \"layout\" in input of "
                    + $"{ModelManifest.FileName} if it is an image");

        return (shape.Length, layout) switch
        {
            (4, TensorLayout.ChannelsFirst) => new InputAxes(layout, HasBatch: true, shape[1], shape[2], shape[3]),
            (4, TensorLayout.ChannelsLast) => new InputAxes(layout, HasBatch: true, shape[3], shape[1], shape[2]),
            (3, _) when shape[0] == Open =>
                new InputAxes(layout, HasBatch: true, 1, shape[1], shape[2]) { IsPlane = true },
            (3, TensorLayout.ChannelsFirst) when !IsChannelCount(shape[0]) =>
                new InputAxes(layout, HasBatch: true, 1, shape[1], shape[2]) { IsPlane = true },
            (3, TensorLayout.ChannelsFirst) => new InputAxes(layout, HasBatch: false, shape[0], shape[1], shape[2]),
            (3, TensorLayout.ChannelsLast) => new InputAxes(layout, HasBatch: false, shape[2], shape[0], shape[1]),
            (2, _) when IsPlaneAlone(shape, stated) =>
                new InputAxes(layout, HasBatch: false, 1, shape[0], shape[1]) { IsPlane = true },
            (2, _) => Flat(layout, hasBatch: true, shape[1], tensor, stated),
            (1, _) => Flat(layout, hasBatch: false, shape[0], tensor, stated),
            _ => throw new ModelLoadException(
                $"input.layout is flat, but input '{tensor.Name}' has the shape {tensor.ShapeText}"),
        };
    }

    /// <summary>Where the channels are, by the sizes of the first and the last axis of an image.</summary>
    public static TensorLayout? ChooseLayout(int first, int last) =>
        IsChannelCount(first) ? TensorLayout.ChannelsFirst : IsChannelCount(last) ? TensorLayout.ChannelsLast : null;

    /// <summary>The numbers of a flat input, unless it is a plane or leaves that open.</summary>
    public static int? FlatLength(OnnxTensorInfo tensor, ManifestInput stated) => tensor.Shape switch
    {
        [> 0 and var length] => length,
        [_, > 0 and var length] when !IsPlaneAlone([.. tensor.Shape], stated) => length,
        _ => null,
    };

    /// <summary>The sizes of an image of so many numbers; null if none fits what is stated.</summary>
    public static (int Channels, int Height, int Width)? SizesOf(int length, ManifestInput stated)
    {
        var isColour = SquareRoot(length) is null && length % 3 == 0 && SquareRoot(length / 3) is not null;
        var channels = stated.Channels ?? ChannelsOf(stated.Color) ?? (isColour ? 3 : 1);
        var side = length % channels == 0 ? SquareRoot(length / channels) : null;
        var height = stated.Height ?? stated.Width switch
        {
            { } width when length % ((long)channels * width) == 0 => (int)(length / ((long)channels * width)),
            _ => side,
        };
        return height is >= 1 and var rows && length % ((long)channels * rows) == 0
            ? (channels, rows, (int)(length / ((long)channels * rows)))
            : null;
    }

    public static int? ChannelsOf(PixelColor? color) => color switch { null => null, PixelColor.Gray => 1, _ => 3 };

    private static TensorLayout? LayoutOf(int[] shape) => shape switch
    {
        [_, Open, Open, Open] => TensorLayout.ChannelsFirst,
        [_, var first, var second, var last] => ChooseLayout(first, last) ?? ((first, second, last) switch
        {
            (Open, not Open, not Open) => TensorLayout.ChannelsFirst,
            (not Open, not Open, Open) => TensorLayout.ChannelsLast,
            _ => null,
        }),
        [Open, _, _] => TensorLayout.ChannelsFirst,
        [var first, var second, var last] => ChooseLayout(first, last)
            ?? (second == last && second >= MinSide ? TensorLayout.ChannelsFirst : null),
        [_] or [_, _] => TensorLayout.Flat,
        _ => null,
    };

    private static bool IsPlaneAlone(int[] shape, ManifestInput stated) =>
        shape[0] > 1 && (shape[0] == shape[1] || (stated.Height, stated.Width) == (shape[0], shape[1]));

    private static InputAxes Flat(
        TensorLayout layout, bool hasBatch, int length, OnnxTensorInfo tensor, ManifestInput stated)
    {
        if (length == Open)
        {
            throw new ModelLoadException(
                $"input '{tensor.Name}' has the shape {tensor.ShapeText}, which does not say how many pixels an image "
                + "has");
        }

        if (SizesOf(length, stated) is not var (channels, height, width))
        {
            var count = stated.Channels ?? ChannelsOf(stated.Color) ?? 1;
            throw new ModelLoadException(
                $"input '{tensor.Name}' holds {length} numbers, which is not a square image with {count} "
                + $"channel(s); say height and width in input of {ModelManifest.FileName}");
        }

        return new InputAxes(layout, hasBatch, channels, height, width) { IsFlat = true };
    }

    private static int? SquareRoot(int square)
    {
        var root = (int)Math.Round(Math.Sqrt(square));
        return root * root == square ? root : null;
    }

    private static bool IsChannelCount(int size) => size is 1 or 3;
}

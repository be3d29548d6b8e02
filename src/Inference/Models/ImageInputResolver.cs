using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Combines what the graph and the manifest state about the input into one <see cref="ImageInput"/>, and rejects
/// contradictions.
/// </summary>
internal static class ImageInputResolver
{
    private const int Open = OnnxTensorInfo.Dynamic;

    // No JPEG is longer. Inputs of models are far smaller, and the product of three such numbers fits into a long.
    private const int MaxSide = 65_535;

    // Smaller inputs are features or a part of a signal, unless their shape or the manifest says otherwise.
    private const int MinSide = 8;

    // A quarter of a gigabyte of floats. More is a mistake in a manifest, not a classifier.
    private const long MaxElements = 1L << 26;

    // The buffers of a run have room for a whole batch.
    private const int MaxFixedBatch = 1024;

    // What most classifiers of photographs were trained on.
    private const int AssumedSide = 224;

    // From pixels in 0…255 to signed bytes.
    private const float SignedShift = 128f;

    /// <summary>
    /// The possible inputs, the likeliest first. There is one, unless the graph and the manifest leave the size open:
    /// then each is an assumption, which the graph must confirm by running on it.
    /// </summary>
    public static IReadOnlyList<ResolvedInput> Resolve(
        OnnxTensorInfo tensor, ManifestInput? manifest, ModelSources sources)
    {
        var stated = WithoutContradictedLayout(manifest ?? new ManifestInput(), tensor, sources);
        CheckSizes(stated);
        var axes = NameAxes(tensor, stated);
        if (tensor.Shape.Count != 4
            || (axes.Height, axes.Width, stated.Height, stated.Width) is not (Open, Open, null, null))
        {
            return [ResolveStated(tensor, stated, sources)];
        }

        var assumed = stated with
        {
            Height = AssumedSide,
            Width = AssumedSide,
            Channels = stated.Channels ?? (axes.Channels == Open ? ChannelsOf(stated.Color) ?? 3 : null),
        };
        TensorLayout[] layouts = axes.Channels == Open && stated.Layout is null
            ? [TensorLayout.ChannelsFirst, TensorLayout.ChannelsLast]
            : [axes.Layout];
        return [.. layouts.Select(layout => Assume(tensor, assumed with { Layout = layout }, stated, sources))];
    }

    /// <summary>Why an input with open sizes is rejected; null if none is open.</summary>
    public static ModelLoadException? OpenSizes(OnnxTensorInfo tensor, ManifestInput? manifest) =>
        OpenSizes(NameAxes(tensor, manifest ?? new ManifestInput()), manifest ?? new ManifestInput(), tensor);

    private static ResolvedInput Assume(
        OnnxTensorInfo tensor, ManifestInput assumed, ManifestInput stated, ModelSources sources)
    {
        string[] sizes = ["height", "width"];
        var (open, what) = NameAxes(tensor, stated).Channels == Open && stated.Channels is null
            ? ("channels, height and width", $"{LayoutName(assumed.Layout)} with {assumed.Channels} channel(s) and ")
            : ("height and width", "");
        return ResolveStated(tensor, assumed, sources) with
        {
            AssumedFields = what.Length > 0 ? ["layout", "channels", .. sizes] : sizes,
            Assumption =
                $"The graph leaves {open} of input '{tensor.Name}' {tensor.ShapeText} open: {what}{AssumedSide} × "
                + $"{AssumedSide} pixels are assumed. If the model was trained on another size, answers are wrong: say "
                + $"\"input\": {{ \"height\": …, \"width\": … }} in {ModelManifest.FileName}.",
        };
    }

    private static ResolvedInput ResolveStated(OnnxTensorInfo tensor, ManifestInput stated, ModelSources sources)
    {
        var axes = NameAxes(tensor, stated);
        if (OpenSizes(axes, stated, tensor) is { } open)
        {
            throw open;
        }

        var channels = stated.Channels is null
            ? Agree("channels", axes.Channels, ChannelsOf(stated.Color), tensor, sources, "input.color")
            : Agree("channels", axes.Channels, stated.Channels, tensor, sources);
        if (ChannelsOf(stated.Color) != channels && !sources.IsOwn("input.color"))
        {
            stated = stated with { Color = null };
        }

        var height = Agree("height", axes.Height, stated.Height, tensor, sources);
        var width = Agree("width", axes.Width, stated.Width, tensor, sources);
        if (!StatesImage(stated) && !LooksLikeImage(tensor, axes, height, width))
        {
            throw new ModelLoadException(
                $"input '{tensor.Name}' has the shape {tensor.ShapeText}, which may be features or a "
                + $"signal instead of an image; if it is an image of {height} × {width} pixels, say "
                + $"\"input\": {{ \"height\": {height}, \"width\": {width} }} in {ModelManifest.FileName}");
        }

        var batch = axes.HasBatch && tensor.Shape[0] > 1 ? tensor.Shape[0] : 1;
        if (batch > MaxFixedBatch)
        {
            throw new ModelLoadException(
                $"input '{tensor.Name}' has the shape {tensor.ShapeText}, a fixed batch of {batch}; up to "
                + $"{MaxFixedBatch} are served. Export it with a dynamic batch axis");
        }

        if ((Int128)batch * channels * height * width > MaxElements)
        {
            var times = batch == 1 ? "" : $"{batch} × ";
            throw new ModelLoadException(
                $"an input of {times}{channels} × {height} × {width} numbers is more than the {MaxElements} that are "
                + "served");
        }

        var input = new ImageInput
        {
            Layout = axes.Layout,
            Channels = channels,
            Height = height,
            Width = width,
            Color = ColorOf(channels, stated.Color, axes.Layout),
            Scale = FiniteNonZero("scale", (float)(stated.Scale ?? DefaultScale(tensor))),
            Mean =
            [
                .. PerChannel("mean", stated.Mean, channels, DefaultMean(tensor, stated))
                    .Select(mean => Finite("mean", mean)),
            ],
            Std = [.. PerChannel("std", stated.Std, channels, fallback: 1f).Select(std => FiniteNonZero("std", std))],
            Standardize = stated.Standardize ?? false,
            Resize = stated.Resize ?? ResizeMode.Stretch,
            ResizeTo = ResizeToOf(stated),
            CropOffset = stated.CropOffset ?? CropOffset.Even,
            Filter = stated.Filter ?? ImageFilter.Bilinear,
            Antialias = stated.Antialias ?? true,
            Round = stated.Round ?? false,
            Fill = [.. Colour("fill", stated.Fill, fallback: 0f).Select(value => Level("fill", value))],
            Background = Colour("background", stated.Background, fallback: byte.MaxValue),
            Foreground = stated.Foreground ?? Foreground.None,
        };

        return input.Foreground != Foreground.None && channels != 1
            ? throw new ModelLoadException($"input.foreground is for models with one channel; this one has {channels}")
            : new ResolvedInput(
                input, axes.ConcreteShape(channels, height, width), axes.HasBatch, batch, NotesOn(tensor, stated));
    }

    private static double DefaultScale(OnnxTensorInfo tensor) =>
        tensor.ElementType is "uint8" or "int8" or "int32" or "int64" ? 1.0 : 1.0 / 255.0;

    private static float DefaultMean(OnnxTensorInfo tensor, ManifestInput stated) =>
        IsShifted(tensor, stated) ? SignedShift : 0f;

    /// <summary>Whether pixels are shifted into the range of signed bytes.</summary>
    private static bool IsShifted(OnnxTensorInfo tensor, ManifestInput stated) =>
        tensor.ElementType == "int8" && (stated.Scale, stated.Mean) is (null, null);

    private static IReadOnlyList<string> NotesOn(OnnxTensorInfo tensor, ManifestInput stated) =>
        IsShifted(tensor, stated)
            ?
            [
                $"Input '{tensor.Name}' holds signed bytes: they are taken for pixels minus {SignedShift}, as from "
                + $"\"scale\": 1 and \"mean\": [{SignedShift}] in input of {ModelManifest.FileName}.",
            ]
            : [];

    private static string LayoutName(TensorLayout? layout) => layout == TensorLayout.ChannelsLast ? "NHWC" : "NCHW";

    private static Axes NameAxes(OnnxTensorInfo tensor, ManifestInput stated)
    {
        int[] shape = [.. tensor.Shape];
        var layout = stated.Layout ?? (shape.Length switch
        {
            4 when shape[1..].All(size => size == Open) => TensorLayout.ChannelsFirst,
            4 => ChooseLayout(shape[1], shape[3]),
            3 when shape[0] != Open => ChooseLayout(shape[0], shape[2])
                ?? (shape[1] == shape[2] && shape[1] >= MinSide ? TensorLayout.ChannelsFirst : null),
            3 => TensorLayout.ChannelsFirst,
            1 or 2 => TensorLayout.Flat,
            _ => throw new ModelLoadException(
                $"input '{tensor.Name}' has the shape {tensor.ShapeText}; an image has 1 to 4 axes: [N, C, H, W], "
                + "[N, H, W, C], [C, H, W], [N, pixels] or [pixels]"),
        }) ?? throw new ModelLoadException(
            $"input '{tensor.Name}' has the shape {tensor.ShapeText}, in which neither the first nor the last axis of "
            + $"an image holds 1 or 3 channels; say \"layout\" in input of {ModelManifest.FileName} if it is an image");

        return (shape.Length, layout) switch
        {
            (4, TensorLayout.ChannelsFirst) => new Axes(layout, HasBatch: true, shape[1], shape[2], shape[3]),
            (4, TensorLayout.ChannelsLast) => new Axes(layout, HasBatch: true, shape[3], shape[1], shape[2]),
            (3, _) when shape[0] == Open => new Axes(layout, HasBatch: true, 1, shape[1], shape[2]) { IsPlane = true },
            (3, TensorLayout.ChannelsFirst) when !IsChannelCount(shape[0]) =>
                new Axes(layout, HasBatch: true, 1, shape[1], shape[2]) { IsPlane = true },
            (3, TensorLayout.ChannelsFirst) => new Axes(layout, HasBatch: false, shape[0], shape[1], shape[2]),
            (3, TensorLayout.ChannelsLast) => new Axes(layout, HasBatch: false, shape[2], shape[0], shape[1]),
            (2, _) when shape[0] > 1
                && (shape[0] == shape[1] || (stated.Height, stated.Width) == (shape[0], shape[1])) =>
                new Axes(layout, HasBatch: false, 1, shape[0], shape[1]) { IsPlane = true },
            (2, _) => Flat(layout, hasBatch: true, shape[1], tensor, stated),
            (1, _) => Flat(layout, hasBatch: false, shape[0], tensor, stated),
            _ => throw new ModelLoadException(
                $"input.layout is flat, but input '{tensor.Name}' has the shape {tensor.ShapeText}"),
        };
    }

    private static TensorLayout? ChooseLayout(int first, int last) =>
        IsChannelCount(first) ? TensorLayout.ChannelsFirst : IsChannelCount(last) ? TensorLayout.ChannelsLast : null;

    /// <summary>Lists the sizes that neither the graph nor the manifest states; null if there are none.</summary>
    private static ModelLoadException? OpenSizes(Axes axes, ManifestInput stated, OnnxTensorInfo tensor)
    {
        (string Name, bool IsMissing, string Example)[] sizes =
        [
            ("channels", axes.Channels == Open && (stated.Channels ?? ChannelsOf(stated.Color)) is null, "3"),
            ("height", axes.Height == Open && stated.Height is null, "224"),
            ("width", axes.Width == Open && stated.Width is null, "224"),
        ];
        var missing = sizes.Where(size => size.IsMissing).ToArray();
        if (missing.Length == 0)
        {
            return null;
        }

        var layout = axes.Channels == Open && stated.Layout is null ? "\"layout\": \"NCHW\" or \"NHWC\", " : "";
        var names = string.Join(", ", missing.Select(size => size.Name));
        var examples = string.Join(", ", missing.Select(size => $"\"{size.Name}\": {size.Example}"));
        return new ModelLoadException(
            $"the graph leaves {names} of input '{tensor.Name}' {tensor.ShapeText} open; say what they are in "
            + $"{ModelManifest.FileName}, for example \"input\": {{ {layout}{examples} }}");
    }

    /// <summary>Whether the manifest states anything that only images have.</summary>
    private static bool StatesImage(ManifestInput stated) => stated is not
    {
        Layout: null, Channels: null, Height: null, Width: null, Color: null, Foreground: null,
        Resize: null, ResizeTo: null, CropOffset: null, Filter: null, Antialias: null, Round: null,
        Fill: null, Background: null,
    };

    /// <summary>
    /// Whether a shape is likely that of an image: it has colours, or four axes (if it is small, it must be square), or
    /// is a square plane. Twenty-one points [1, 21, 2], a window of six sensors [1, 6, 16] and a row of twelve features
    /// are not images.
    /// </summary>
    private static bool LooksLikeImage(OnnxTensorInfo tensor, Axes axes, int height, int width)
    {
        var isLarge = Math.Min(height, width) >= MinSide;
        return tensor.Shape.Count switch
        {
            4 => isLarge || (height == width && height > 1),
            3 when axes.Channels == 3 => isLarge,
            _ => isLarge && height == width,
        };
    }

    private static Axes Flat(
        TensorLayout layout, bool hasBatch, int length, OnnxTensorInfo tensor, ManifestInput stated)
    {
        if (length == Open)
        {
            throw new ModelLoadException(
                $"input '{tensor.Name}' has the shape {tensor.ShapeText}, which does not say how many pixels an image "
                + "has");
        }

        var isColour = SquareRoot(length) is null && length % 3 == 0 && SquareRoot(length / 3) is not null;
        var channels = stated.Channels ?? ChannelsOf(stated.Color) ?? (isColour ? 3 : 1);
        var side = length % channels == 0 ? SquareRoot(length / channels) : null;
        var height = stated.Height ?? stated.Width switch
        {
            { } width when length % ((long)channels * width) == 0 => (int)(length / ((long)channels * width)),
            _ => side,
        };
        return height is >= 1 and var rows && length % ((long)channels * rows) == 0
            ? new Axes(layout, hasBatch, channels, rows, (int)(length / ((long)channels * rows))) { IsFlat = true }
            : throw new ModelLoadException(
                $"input '{tensor.Name}' holds {length} numbers, which is not a square image with {channels} "
                + $"channel(s); say height and width in input of {ModelManifest.FileName}");
    }

    /// <summary>The size in the graph, or the stated one where the graph leaves it open.</summary>
    private static int Agree(
        string name, int inGraph, int? stated, OnnxTensorInfo tensor, ModelSources sources, string? statedBy = null)
    {
        if (stated is not { } value || value == inGraph)
        {
            return inGraph;
        }

        if (inGraph == Open)
        {
            return value;
        }

        var field = statedBy ?? $"input.{name}";
        if (sources.Of(field) is { } source && !sources.IsOwn(field))
        {
            sources.Overrule(
                field, $"{source} says {value} for {name}, but the graph's input has {inGraph}, which is used.");
            return inGraph;
        }

        throw new ModelLoadException(
            $"input.{name} is {value} in {ModelManifest.FileName}, but {inGraph} in the graph's input "
            + $"'{tensor.Name}' {tensor.ShapeText}");
    }

    /// <summary>Makers' files describe more than one export of a model; the graph is the one that runs.</summary>
    private static ManifestInput WithoutContradictedLayout(
        ManifestInput stated, OnnxTensorInfo tensor, ModelSources sources)
    {
        const string Field = "input.layout";
        var shape = tensor.Shape;
        if (shape.Count != 4
            || stated.Layout is not { } layout
            || sources.IsOwn(Field)
            || ChooseLayout(shape[1], shape[3]) is not { } byShape
            || byShape == layout)
        {
            return stated;
        }

        sources.Overrule(
            Field, $"{sources.Of(Field)} contradicts the graph's input {tensor.ShapeText}, which is used.");
        return stated with { Layout = null };
    }

    private static PixelColor ColorOf(int channels, PixelColor? stated, TensorLayout layout) => channels switch
    {
        1 => PixelColor.Gray,
        3 => stated ?? PixelColor.Rgb,
        _ => throw new ModelLoadException(
            $"read as {(layout == TensorLayout.ChannelsLast ? "NHWC" : "NCHW")}, the input has {channels} channels; "
            + "images with 1 (gray) or 3 (rgb, bgr) are served"),
    };

    private static float[] PerChannel(string name, IReadOnlyList<float>? stated, int channels, float fallback) =>
        stated?.Count switch
        {
            null => [.. Enumerable.Repeat(fallback, channels)],
            1 => [.. Enumerable.Repeat(stated[0], channels)],
            { } count when count == channels => [.. stated],
            { } count => throw new ModelLoadException(
                $"input.{name} has {count} values; it needs 1, or one for each of the {channels} channels"),
        };

    private static ResizeTarget? ResizeToOf(ManifestInput stated)
    {
        if (stated.ResizeTo is not { } target)
        {
            return null;
        }

        if (stated.Resize != ResizeMode.Crop)
        {
            throw new ModelLoadException(
                $"input.resizeTo is {target}, which is the size before a crop; say \"resize\": \"crop\" as well, or "
                + "leave it out");
        }

        return target.Sides.All(side => side is >= 1 and <= MaxSide)
            ? target
            : throw new ModelLoadException($"input.resizeTo is {target}; it must be from 1 to {MaxSide}");
    }

    private static T[] Colour<T>(string name, IReadOnlyList<T>? stated, T fallback) => stated?.Count switch
    {
        null => [fallback, fallback, fallback],
        1 => [stated[0], stated[0], stated[0]],
        3 => [.. stated],
        { } count => throw new ModelLoadException(
            $"input.{name} has {count} values; it needs 1, or red, green and blue"),
    };

    private static float Level(string name, float value) => value is >= 0f and <= 255f
        ? value
        : throw new ModelLoadException($"input.{name} is {value}; it must be from 0 to 255");

    private static float FiniteNonZero(string name, float value) => float.IsFinite(value) && value != 0f
        ? value
        : throw new ModelLoadException($"input.{name} is {value}; it must be finite and not 0");

    private static float Finite(string name, float value) => float.IsFinite(value)
        ? value
        : throw new ModelLoadException($"input.{name} is {value}; it must be finite");

    private static void CheckSizes(ManifestInput stated)
    {
        (string, int?)[] sizes = [("channels", stated.Channels), ("height", stated.Height), ("width", stated.Width)];
        foreach (var (name, size) in sizes)
        {
            if (size is < 1 or > MaxSide)
            {
                throw new ModelLoadException($"input.{name} is {size}; it must be from 1 to {MaxSide}");
            }
        }
    }

    private static int? ChannelsOf(PixelColor? color) => color switch { null => null, PixelColor.Gray => 1, _ => 3 };

    private static bool IsChannelCount(int size) => size is 1 or 3;

    private static int? SquareRoot(int square)
    {
        var root = (int)Math.Round(Math.Sqrt(square));
        return root * root == square ? root : null;
    }

    private sealed record Axes(TensorLayout Layout, bool HasBatch, int Channels, int Height, int Width)
    {
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
    }
}

/// <summary>A model's input, as its graph and its manifest describe it.</summary>
/// <param name="Input">How an image becomes the tensor.</param>
/// <param name="Shape">The tensor's shape for one image, including the batch axis if there is one.</param>
/// <param name="HasBatchAxis">Whether the first axis counts images.</param>
/// <param name="Batch">The images of every run if the graph fixes that; otherwise 1.</param>
/// <param name="Notes">What was chosen because the manifest does not state it, one sentence each.</param>
internal sealed record ResolvedInput(
    ImageInput Input, int[] Shape, bool HasBatchAxis, int Batch, IReadOnlyList<string> Notes)
{
    /// <summary>Why the size is an assumption, in a sentence; null where it is stated.</summary>
    public string? Assumption { get; init; }

    /// <summary>The fields that are part of the assumption.</summary>
    public IReadOnlyList<string> AssumedFields { get; init; } = [];
}

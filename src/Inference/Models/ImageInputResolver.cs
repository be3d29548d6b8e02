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

    // A quarter of a gigabyte of floats. More is a mistake in a manifest, not a classifier.
    private const long MaxElements = 1L << 26;

    // The buffers of a run have room for a whole batch.
    private const int MaxFixedBatch = 1024;

    // From pixels in 0…255 to signed bytes.
    private const float SignedShift = 128f;

    /// <summary>
    /// The possible inputs, the likeliest first. There is one, unless the graph and the manifest leave a size open:
    /// then each is an assumption, which the graph must confirm by running on it.
    /// </summary>
    public static IReadOnlyList<ResolvedInput> Resolve(
        OnnxTensorInfo tensor, ManifestInput? manifest, ModelSources sources)
    {
        var stated = manifest ?? new ManifestInput();
        CheckSizes(stated);
        stated = MakersInput.Fitting(stated, tensor, sources);
        var assumptions = OpenAxes.Assume(tensor, stated);
        return assumptions.Count == 0
            ? [ResolveStated(tensor, stated, sources)]
            :
            [
                .. assumptions.Select(assumption => ResolveStated(tensor, assumption.Input, sources) with
                {
                    Assumption = assumption.Sentence,
                    AssumedFields = assumption.Fields,
                    IsSettledByRunning = assumption.IsSettledByRunning,
                }),
            ];
    }

    private static ResolvedInput ResolveStated(OnnxTensorInfo tensor, ManifestInput stated, ModelSources sources)
    {
        var axes = InputAxes.Of(tensor, stated);
        if (OpenAxes.Rejection(tensor, stated) is { } open)
        {
            throw open;
        }

        var channels = stated.Channels is null
            ? Agree("channels", axes.Channels, InputAxes.ChannelsOf(stated.Color), tensor, sources, "input.color")
            : Agree("channels", axes.Channels, stated.Channels, tensor, sources);
        if (InputAxes.ChannelsOf(stated.Color) is { } colors && colors != channels && !sources.IsOwn("input.color"))
        {
            stated = stated with { Color = null };
            sources.PassOverColor(channels);
        }

        stated = WithFittingNumbers(stated, channels, sources);
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
            ResizeTo = ResizeToOf(stated, (height, width), sources),
            CropOffset = stated.CropOffset ?? CropOffset.Even,
            ResizeRounding = stated.ResizeRounding ?? ResizeRounding.Down,
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

    /// <summary>
    /// Numbers of a maker for three colours, for a model that takes another number of channels: one number stands for
    /// all if they are equal; otherwise they are passed over.
    /// </summary>
    private static ManifestInput WithFittingNumbers(ManifestInput stated, int channels, ModelSources sources)
    {
        if (sources.IsOwn("input.mean") || sources.IsOwn("input.std") || (Fits(stated.Mean) && Fits(stated.Std)))
        {
            return stated;
        }

        if (IsOne(stated.Mean) && IsOne(stated.Std))
        {
            return stated with { Mean = stated.Mean?.Take(1).ToArray(), Std = stated.Std?.Take(1).ToArray() };
        }

        sources.PassOverNumbers(channels);
        return stated with { Mean = null, Std = null };

        bool Fits(IReadOnlyList<float>? numbers) => numbers is null || numbers.Count == 1 || numbers.Count == channels;

        static bool IsOne(IReadOnlyList<float>? numbers) => numbers is null || numbers.Distinct().Count() == 1;
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

    /// <summary>Whether the manifest states anything that only images have.</summary>
    private static bool StatesImage(ManifestInput stated) => stated is not
    {
        Layout: null, Channels: null, Height: null, Width: null, Color: null, Foreground: null,
        StatesFraming: false, Filter: null, Antialias: null, Round: null, Background: null,
    };

    /// <summary>
    /// Whether a shape is likely that of an image: it has colours, or four axes (if it is small, it must be square), or
    /// is a square plane. Twenty-one points [1, 21, 2], a window of six sensors [1, 6, 16] and a row of twelve features
    /// are not images.
    /// </summary>
    private static bool LooksLikeImage(OnnxTensorInfo tensor, InputAxes axes, int height, int width)
    {
        var isLarge = Math.Min(height, width) >= InputAxes.MinSide;
        return tensor.Shape.Count switch
        {
            4 => isLarge || (height == width && height > 1),
            3 when axes.Channels == 3 => isLarge,
            _ => isLarge && height == width,
        };
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

    private static ResizeTarget? ResizeToOf(
        ManifestInput stated, (int Height, int Width) size, ModelSources sources)
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

        if (!target.Sides.All(side => side is >= 1 and <= MaxSide))
        {
            throw new ModelLoadException($"input.resizeTo is {target}; it must be from 1 to {MaxSide}");
        }

        return sources.Of("input.resizeTo") is { } source && !sources.IsOwn("input.resizeTo")
            ? sources.Fit(target, source, (stated.Height ?? size.Height, stated.Width ?? size.Width), size)
            : target;
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
}

using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>What is assumed where neither the graph nor a file gives an image's size or channels.</summary>
internal static class OpenAxes
{
    private const int Open = InputAxes.Open;

    // What most classifiers of photographs were trained on.
    private const int UsualSide = 224;

    private const int UsualChannels = 3;

    /// <summary>The possible assumptions, the likeliest first; empty where none is made.</summary>
    public static IReadOnlyList<SizeAssumption> Assume(OnnxTensorInfo tensor, ManifestInput stated)
    {
        var axes = InputAxes.Of(tensor, stated);
        if (tensor.Shape.Count != 4)
        {
            return [];
        }

        var hasOpenChannels = HasOpenChannels(axes, stated);
        if (tensor.Shape is [_, Open, Open, Open] && stated.Layout is null && !Missing(axes, stated).Any())
        {
            return [AssumeLayout(TensorLayout.ChannelsFirst), AssumeLayout(TensorLayout.ChannelsLast)];
        }

        return (axes.Height, axes.Width, stated.Height, stated.Width) switch
        {
            (Open, Open, null, null) => AssumeUsualSides(tensor, stated, axes),
            (Open, not Open, null, _) when !hasOpenChannels =>
            [
                new(
                    stated with { Height = axes.Width },
                    Sentence(tensor, "height", $"{axes.Width} pixels, as for the width,"),
                    ["height"]),
            ],
            (not Open, Open, _, null) when !hasOpenChannels =>
            [
                new(
                    stated with { Width = axes.Height },
                    Sentence(tensor, "width", $"{axes.Height} pixels, as for the height,"),
                    ["width"]),
            ],
            _ when hasOpenChannels && Missing(axes, stated).Count() == 1 =>
            [
                new(
                    stated with { Layout = axes.Layout, Channels = UsualChannels },
                    Sentence(tensor, "channels", $"{UsualChannels} channels, in {LayoutName(axes.Layout)},"),
                    ["layout", "channels"]),
            ],
            _ => [],
        };

        SizeAssumption AssumeLayout(TensorLayout layout) => new(
            stated with { Layout = layout },
            $"The graph leaves all axes of input '{tensor.Name}' {tensor.ShapeText} open and runs in NCHW and in NHWC: "
            + $"{LayoutName(layout)} is assumed. If it is wrong, so are the answers: say \"input\": "
            + $"{{ \"layout\": \"NHWC\" }} in {ModelManifest.FileName}.",
            ["layout"])
        {
            IsSettledByRunning = true,
        };
    }

    /// <summary>Why an input with sizes that nothing states is rejected; null if there are none.</summary>
    public static ModelLoadException? Rejection(OnnxTensorInfo tensor, ManifestInput stated)
    {
        var axes = InputAxes.Of(tensor, stated);
        (string Name, string Example)[] missing = [.. Missing(axes, stated)];
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

    private static SizeAssumption[] AssumeUsualSides(OnnxTensorInfo tensor, ManifestInput stated, InputAxes axes)
    {
        var hasOpenChannels = axes.Channels == Open && stated.Channels is null;
        var assumed = stated with
        {
            Height = UsualSide,
            Width = UsualSide,
            Channels = hasOpenChannels ? InputAxes.ChannelsOf(stated.Color) ?? UsualChannels : stated.Channels,
        };
        TensorLayout[] layouts = axes.Channels == Open && stated.Layout is null
            ? [TensorLayout.ChannelsFirst, TensorLayout.ChannelsLast]
            : [axes.Layout];
        return
        [
            .. layouts.Select(layout => new SizeAssumption(
                assumed with { Layout = layout },
                hasOpenChannels
                    ? Sentence(
                        tensor, "channels, height and width",
                        $"{LayoutName(layout)} with {assumed.Channels} channel(s) and {UsualSide} × {UsualSide} "
                        + "pixels")
                    : Sentence(tensor, "height and width", $"{UsualSide} × {UsualSide} pixels"),
                hasOpenChannels ? ["layout", "channels", "height", "width"] : ["height", "width"])),
        ];
    }

    private static bool HasOpenChannels(InputAxes axes, ManifestInput stated) =>
        axes.Channels == Open && (stated.Channels ?? InputAxes.ChannelsOf(stated.Color)) is null;

    private static IEnumerable<(string Name, string Example)> Missing(InputAxes axes, ManifestInput stated)
    {
        if (HasOpenChannels(axes, stated))
        {
            yield return ("channels", "3");
        }

        if (axes.Height == Open && stated.Height is null)
        {
            yield return ("height", "224");
        }

        if (axes.Width == Open && stated.Width is null)
        {
            yield return ("width", "224");
        }
    }

    private static string Sentence(OnnxTensorInfo tensor, string open, string assumed)
    {
        var names = open.Replace(" and ", ", ", StringComparison.Ordinal).Split(", ");
        var fields = string.Join(", ", names.Select(name => $"\"{name}\": …"));
        return $"The graph leaves {open} of input '{tensor.Name}' {tensor.ShapeText} open: {assumed} are assumed. If "
            + $"the model was trained on another size, answers are wrong: say \"input\": {{ {fields} }} in "
            + $"{ModelManifest.FileName}.";
    }

    private static string LayoutName(TensorLayout layout) => layout == TensorLayout.ChannelsLast ? "NHWC" : "NCHW";
}

/// <summary>An input whose open sizes are assumed.</summary>
/// <param name="Input">What is stated, completed by what is assumed.</param>
/// <param name="Sentence">What is assumed, in a sentence.</param>
/// <param name="Fields">The assumed fields.</param>
internal sealed record SizeAssumption(ManifestInput Input, string Sentence, IReadOnlyList<string> Fields)
{
    /// <summary>Whether it is no assumption if the graph runs in no other way.</summary>
    public bool IsSettledByRunning { get; init; }
}

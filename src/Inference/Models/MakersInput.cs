using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Makers' files describe more than one export of a model, and the graph is the one that runs: what contradicts it is
/// passed over with a warning.
/// </summary>
internal static class MakersInput
{
    private const string Layout = "input.layout";
    private const string Channels = "input.channels";
    private const string Height = "input.height";
    private const string Width = "input.width";
    private const string Color = "input.color";

    // What is passed over until the rest fits a flat input: as little as possible.
    private static readonly string[][] Omissions =
        [[Color], [Channels, Color], [Height, Width], [Channels, Color, Height, Width]];

    /// <summary>What is stated, without a layout or sizes that only makers state and the graph does not have.</summary>
    public static ManifestInput Fitting(ManifestInput stated, OnnxTensorInfo tensor, ModelSources sources)
    {
        stated = WithFittingLayout(stated, tensor, sources);
        return InputAxes.FlatLength(tensor, stated) is { } length && !Fits(length, stated)
            ? WithFittingSizes(length, stated, tensor, sources)
            : stated;
    }

    private static ManifestInput WithFittingLayout(ManifestInput stated, OnnxTensorInfo tensor, ModelSources sources)
    {
        var shape = tensor.Shape;
        if (shape.Count != 4
            || stated.Layout is not { } layout
            || sources.IsOwn(Layout)
            || InputAxes.ChooseLayout(shape[1], shape[3]) is not { } byShape
            || byShape == layout)
        {
            return stated;
        }

        Overrule(Layout, tensor, sources);
        return stated with { Layout = null };
    }

    private static ManifestInput WithFittingSizes(
        int length, ManifestInput stated, OnnxTensorInfo tensor, ModelSources sources)
    {
        foreach (var fields in Omissions)
        {
            string[] omitted = [.. fields.Where(field => sources.Of(field) is not null && !sources.IsOwn(field))];
            var rest = new ManifestInput
            {
                Channels = omitted.Contains(Channels) ? null : stated.Channels,
                Height = omitted.Contains(Height) ? null : stated.Height,
                Width = omitted.Contains(Width) ? null : stated.Width,
                Color = omitted.Contains(Color) ? null : stated.Color,
            };
            if (omitted.Length > 0 && Fits(length, rest))
            {
                Array.ForEach(omitted, field => Overrule(field, tensor, sources));
                return stated with
                {
                    Channels = rest.Channels,
                    Height = rest.Height,
                    Width = rest.Width,
                    Color = rest.Color,
                };
            }
        }

        return stated;
    }

    private static bool Fits(int length, ManifestInput stated) =>
        InputAxes.SizesOf(length, stated) is var (channels, height, width)
        && (stated.Width ?? width) == width
        && (InputAxes.ChannelsOf(stated.Color) ?? channels) == channels
        && height > 0;

    private static void Overrule(string field, OnnxTensorInfo tensor, ModelSources sources) => sources.Overrule(
        field, $"{sources.Of(field)} contradicts the graph's input {tensor.ShapeText}, which is used.");
}

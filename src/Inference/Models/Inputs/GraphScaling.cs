using SoftmaxService.Inference.Conventions;

namespace SoftmaxService.Inference.Models.Inputs;

/// <summary>
/// Adds what a graph's first nodes say about its pixels to what makers' files state, which is right where both do.
/// </summary>
internal static class GraphScaling
{
    // Of what is fed for a pixel of 0 or 255, as a share of the range.
    private const double Tolerance = 0.02;

    /// <summary>The makers' statements, completed.</summary>
    public static StatedModel Complete(StatedModel makers, GraphBeginning beginning)
    {
        if (PixelExpectation.Of(beginning) is not { } expected)
        {
            return makers;
        }

        var source = $"the graph's first nodes ({beginning.Text})";
        var stated = new StatedModel
        {
            Scale = new Stated<double>(expected.Scale, source),
            Mean = new Stated<IReadOnlyList<float>>(expected.Mean, source),
            Std = new Stated<IReadOnlyList<float>>(expected.Std, source),
        };
        return (makers.StatesScaling, Agrees(makers, expected)) switch
        {
            (false, _) => makers.Over(stated),
            (true, true) => makers is { Mean: null, Std: null }
                ? makers with { Mean = stated.Mean, Std = stated.Std }
                : makers,
            _ => makers.Warn(
                $"{SourceOf(makers)} says how pixels are scaled, but so do {source}. Both are applied, which may scale "
                + $"pixels twice. If it does, set {InWords(expected)} in input of {ModelManifest.FileName}.",
                DoubtAbout.Scaling),
        };
    }

    /// <summary>
    /// The makers' statements for a graph that takes whole numbers: it gets pixels as they are. What makers state is
    /// for the floats that they quantize, or for another export of the same network.
    /// </summary>
    public static StatedModel OfIntegers(StatedModel makers, string elementType)
    {
        if (!makers.StatesScaling)
        {
            return makers;
        }

        var unscaled = makers with { Scale = null, Mean = null, Std = null };
        return (makers.Scale?.Value ?? 1) == 1
            && makers.Mean?.Value.All(mean => mean == 0) != false
            && makers.Std?.Value.All(std => std == 1) != false
                ? unscaled
                : unscaled.Warn(
                    $"{SourceOf(makers)} says how pixels are scaled, but the graph's input holds {elementType}: it "
                    + "gets pixels as they are. If the graph expects other numbers, set \"scale\", \"mean\" and "
                    + $"\"std\" in input of {ModelManifest.FileName}.",
                    DoubtAbout.Scaling);
    }

    private static bool Agrees(StatedModel makers, PixelExpectation expected)
    {
        var scale = makers.Scale?.Value ?? (1.0 / 255);
        var range = 255 * expected.Scale / expected.Std[0];
        return Enumerable.Range(0, 3).All(i =>
            ((double[])[0, 255]).All(pixel => Math.Abs(
                Fed(pixel, scale, makers.Mean?.Value ?? [0], makers.Std?.Value ?? [1], i)
                - Fed(pixel, expected.Scale, expected.Mean, expected.Std, i)) <= Tolerance * range));

        static double Fed(double pixel, double scale, IReadOnlyList<float> mean, IReadOnlyList<float> std, int i) =>
            ((pixel * scale) - At(mean, i)) / At(std, i);

        static float At(IReadOnlyList<float> numbers, int i) => numbers[numbers.Count == 1 ? 0 : i];
    }

    // The most telling of the three.
    private static string SourceOf(StatedModel makers) =>
        makers.Mean is { } mean && mean.Value.Any(number => number != 0) ? mean.Source
        : makers.Std is { } std && std.Value.Any(number => number != 1) ? std.Source
        : makers.Scale?.Source ?? makers.Mean?.Source ?? makers.Std!.Source; // one of them is stated

    private static string InWords(PixelExpectation expected) =>
        expected == PixelExpectation.Bytes ? "\"scale\": 1"
        : expected == PixelExpectation.Unit ? "\"scale\": 0.00392156862745098"
        : "\"scale\", \"mean\" and \"std\"";
}

using System.Globalization;
using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Conventions.Labels;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models.Statements;

/// <summary>
/// Finds where makers' files contradict each other: one warning for fields that belong together, whatever the number of
/// files. What a file leaves to its tool's default contradicts no value that is used.
/// </summary>
/// <param name="used">What is used of the files.</param>
/// <param name="statements">What each file states, from the one that is believed first.</param>
internal sealed class Contradictions(StatedModel used, IReadOnlyList<StatedModel> statements)
{
    private const string LabelFields = "\"labels\"";

    /// <param name="input">The graph's input; null if it is not known.</param>
    public IEnumerable<Doubt> Find(OnnxTensorInfo? input)
    {
        // A graph's own sizes are right, and one of whole numbers gets its pixels unscaled.
        var hasSizes = input?.Shape is { Count: 3 or 4 } shape && shape.Skip(1).All(size => size > 0);
        Doubt?[] doubts =
        [
            input is { HasFractions: false }
                ? null
                : Compare(DoubtAbout.Scaling, "\"scale\", \"mean\" and \"std\" in input", CompareScaling),
            Compare(DoubtAbout.Color, "\"color\" in input", CompareColor),
            hasSizes ? null : Compare(DoubtAbout.Size, "\"height\" and \"width\" in input", CompareSize),
            hasSizes ? null : Compare(DoubtAbout.Channels, "\"layout\" and \"channels\" in input", CompareChannels),
            Compare(DoubtAbout.Resizing, "\"resize\" and \"resizeTo\" in input", CompareFraming),
            Compare(DoubtAbout.Filter, "\"filter\" and \"antialias\" in input", CompareFilter),
            Compare(DoubtAbout.Labels, LabelFields, other => CompareLabels(used.Labels, other.Labels)),
        ];
        return doubts.OfType<Doubt>();
    }

    /// <summary>Where the graph names other classes than the files that are used.</summary>
    public static Doubt? OfLabels(Stated<IReadOnlyList<string>> labels, Stated<IReadOnlyList<string>> other) =>
        Warning(DoubtAbout.Labels, LabelFields, [CompareLabels(labels, other)]);

    private Doubt? Compare(DoubtAbout about, string fields, Func<StatedModel, Contradiction?> compare) =>
        Warning(about, fields, statements.Select(compare));

    /// <summary>One warning for all files that state something else than what is used.</summary>
    private static Doubt? Warning(DoubtAbout about, string fields, IEnumerable<Contradiction?> contradictions)
    {
        Contradiction[] found = [.. contradictions.OfType<Contradiction>().DistinctBy(one => one.Other)];
        return found is [var first, ..]
            ? new Doubt(
                $"{first.Used} says {first.UsedValue}, but "
                + string.Join(", and ", found.Select(one => $"{one.Other} says {one.OtherValue}"))
                + $": the first is used. If it is wrong, set {fields} of {ModelManifest.FileName}.",
                about)
            : null;
    }

    private Contradiction? CompareScaling(StatedModel other)
    {
        // Without a mean or a deviation, a file may leave it to another.
        var (first, second) = (Scaling.Of(used), Scaling.Of(other));
        return first is null || second is null || second.IsDefault || first.Feeds(second)
            ? null
            : new Contradiction(first.Source, first.InWords(second), second.Source, second.InWords(first));
    }

    private Contradiction? CompareColor(StatedModel other) =>
        (used.Color, other.Color) is ({ } first, { IsDefault: false } second)
        && first.Value != second.Value
        && first.Value != PixelColor.Gray && second.Value != PixelColor.Gray // the number of channels says which
            ? Between(first, second, color => color.ToString().ToUpperInvariant())
            : null;

    private Contradiction? CompareSize(StatedModel other)
    {
        return (SizeOf(used), SizeOf(other)) is ({ } first, { IsDefault: false } second) && first.Value != second.Value
            ? Between(first, second, size => Invariant($"{size.Height} × {size.Width} pixels"))
            : null;
    }

    private Contradiction? CompareChannels(StatedModel other) =>
        (used.Channels, other.Channels) is ({ } channels, { IsDefault: false } others)
        && channels.Value != others.Value
            ? Between(channels, others, value => Invariant($"{value} channel(s)"))
            : (used.Layout, other.Layout) is ({ } layout, { IsDefault: false } otherLayout)
            && layout.Value != otherLayout.Value
            ? Between(layout, otherLayout, value => value == TensorLayout.ChannelsFirst ? "NCHW" : "NHWC")
            : null;

    private Contradiction? CompareFraming(StatedModel other)
    {
        if (used.Resize is not { } first || other.Resize is not { IsDefault: false } second)
        {
            return null;
        }

        var (framing, others) = (Framing.Of(used, first), Framing.Of(other, second));
        return framing.Shows(others)
            ? null
            : new Contradiction(framing.Source, framing.InWords, others.Source, others.InWords);
    }

    private Contradiction? CompareFilter(StatedModel other) =>
        (used.Filter, other.Filter) is ({ } first, { IsDefault: false } second)
        && (first.Value != second.Value || (used.Antialias?.Value ?? true) != (other.Antialias?.Value ?? true))
            ? new Contradiction(first.Source, InWords(used), second.Source, InWords(other))
            : null;

    private static Contradiction? CompareLabels(
        Stated<IReadOnlyList<string>>? first, Stated<IReadOnlyList<string>>? second) =>
        first is not null && second is not null
        && ClassNameComparison.Difference(first.Value, second.Value) is var (name, otherName, extent)
            ? new Contradiction(first.Source, name, second.Source, otherName + extent)
            : null;

    private static Stated<(int Height, int Width)>? SizeOf(StatedModel stated) =>
        (stated.Height, stated.Width) is ({ } height, { } width)
            ? new Stated<(int Height, int Width)>((height.Value, width.Value), height.Source, height.IsDefault)
            : null;

    private static string InWords(StatedModel stated) =>
        stated.Filter!.Value.ToString().ToLowerInvariant() // the caller has one
        + (stated.Antialias is { Value: false } ? " without antialiasing" : "");

    private static Contradiction Between<T>(Stated<T> first, Stated<T> second, Func<T, string> inWords) =>
        new(first.Source, inWords(first.Value), second.Source, inWords(second.Value));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Contradiction(string Used, string UsedValue, string Other, string OtherValue);
}

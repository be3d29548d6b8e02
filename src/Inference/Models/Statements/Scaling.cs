using System.Globalization;
using SoftmaxService.Inference.Conventions;

namespace SoftmaxService.Inference.Models.Statements;

/// <summary>What a file does to the numbers of an image.</summary>
/// <param name="Source">The place that says so.</param>
/// <param name="Scale">The factor of a pixel, from 0 to 255.</param>
/// <param name="Mean">What is subtracted then: one number, or one for each colour.</param>
/// <param name="Std">The divisor: one number, or one for each colour.</param>
/// <param name="IsDefault">Whether the file leaves it to its tool.</param>
internal sealed record Scaling(
    string Source, double Scale, IReadOnlyList<float> Mean, IReadOnlyList<float> Std, bool IsDefault)
{
    // Half of one of 255 levels: makers write their numbers with three digits or with eight.
    private const double Tolerance = 0.5 / 255;

    /// <summary>Null where a file states no mean and no deviation: it may leave them to another.</summary>
    public static Scaling? Of(StatedModel stated)
    {
        if ((stated.Mean ?? stated.Std) is not { } numbers)
        {
            return null;
        }

        return new Scaling(
            numbers.Source,
            stated.Scale?.Value ?? (1.0 / 255),
            stated.Mean?.Value ?? [0],
            stated.Std?.Value ?? [1],
            (stated.Mean?.IsDefault ?? true) && (stated.Std?.IsDefault ?? true));
    }

    /// <summary>Whether another one makes the same numbers of all pixels.</summary>
    public bool Feeds(Scaling other)
    {
        return Enumerable.Range(0, 3).All(channel =>
            ((double[])[0, 255]).All(pixel =>
                Math.Abs(Fed(pixel, channel) - other.Fed(pixel, channel)) <= Tolerance * Range(channel)));

        double Range(int channel) => Math.Abs(Fed(255, channel) - Fed(0, channel));
    }

    /// <summary>The mean and the deviation, and the scale where another one's is not the same.</summary>
    public string InWords(Scaling other)
    {
        var scale = Math.Abs((Scale / other.Scale) - 1) < Tolerance
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"scale {Scale:G4}, ");
        return $"{scale}mean {Text(Mean)} and std {Text(Std)}";
    }

    private double Fed(double pixel, int channel) => ((pixel * Scale) - At(Mean, channel)) / At(Std, channel);

    private static float At(IReadOnlyList<float> numbers, int channel) =>
        numbers[numbers.Count == 1 ? 0 : channel];

    private static string Text(IReadOnlyList<float> numbers) => string.Join(
        ", ",
        (numbers.Distinct().Count() == 1 ? numbers.Take(1) : numbers).Select(number =>
            number.ToString("G5", CultureInfo.InvariantCulture)));
}

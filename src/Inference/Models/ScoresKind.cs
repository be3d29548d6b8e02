using System.Globalization;

namespace SoftmaxService.Inference.Models;

/// <summary>Tells logits from probabilities and their logarithms by what a model gives.</summary>
internal static class ScoresKind
{
    // What rounding makes of a sum of 1: in 32 bits far less, in 16 the logarithm of a small probability is known to 0.4 % of the probability.
    private const double SumTolerance = 1e-3;
    private const double HalfSumTolerance = 1e-2;

    public static OutputKind Detect(IReadOnlyList<float[]> rows, bool isHalf)
    {
        var tolerance = isHalf ? HalfSumTolerance : SumTolerance;
        return rows.All(row => row.All(score => score is >= 0f and <= 1f) && IsOne(row.Sum(score => (double)score), tolerance)) ? OutputKind.Probabilities
            : rows.All(row => row.All(score => score <= 0f) && IsOne(row.Sum(score => Math.Exp(score)), tolerance)) ? OutputKind.LogProbabilities
            : OutputKind.Logits;
    }

    /// <summary>What a manifest says, unless the model gives what cannot be that.</summary>
    /// <exception cref="ModelLoadException">It gives numbers that are no probabilities, or no logarithms of any.</exception>
    public static OutputKind Check(OutputKind said, IReadOnlyList<float[]> rows, bool isHalf)
    {
        var tolerance = (float)(isHalf ? HalfSumTolerance : SumTolerance);
        var (lowest, highest, range) = said switch
        {
            OutputKind.Probabilities => (-tolerance, 1 + tolerance, "in 0…1"),
            OutputKind.LogProbabilities => (float.NegativeInfinity, tolerance, "of at most 0"),
            _ => (float.NegativeInfinity, float.PositiveInfinity, ""),
        };
        return rows.SelectMany(row => row).Where(score => score < lowest || score > highest).Select(score => (float?)score).FirstOrDefault() is { } other
            ? throw new ModelLoadException(string.Create(CultureInfo.InvariantCulture, $"output.kind in {ModelManifest.FileName} says numbers {range}, but the graph gives {other:G4} for a warm-up input; they may be logits"))
            : said;
    }

    private static bool IsOne(double sum, double tolerance) => Math.Abs(sum - 1) <= tolerance;
}

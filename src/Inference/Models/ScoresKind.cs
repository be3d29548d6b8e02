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

    private static bool IsOne(double sum, double tolerance) => Math.Abs(sum - 1) <= tolerance;
}

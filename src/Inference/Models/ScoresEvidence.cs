using System.Globalization;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>What some images' scores, and the nodes that compute them, say of their kind.</summary>
/// <param name="rows">The scores of each image; finite, or −∞.</param>
/// <param name="ending">How the graph ends in front of them.</param>
/// <param name="isHalf">Whether the output is declared to hold halves.</param>
internal sealed class ScoresEvidence(float[][] rows, GraphEnding ending, bool isHalf)
{
    // How far outside of 0…1 a number may lie and still be a probability: what a graph adds or subtracts to keep clear of 0.
    private const double RangeTolerance = 1e-3;

    // Two rows may sum to the same by chance.
    private const int FewestRows = 3;

    // From here on, how a row sums is no evidence any more: it would be near enough to 1 whatever it holds.
    private const double UselessTolerance = 0.25;

    public GraphEnding Ending => ending;

    /// <summary>The precision of the scores if they are probabilities.</summary>
    public ScoresPrecision Plain { get; } = Shifted(ScoresPrecision.OfProbabilities(rows, ending.Step, isHalf), rows, ending);

    /// <summary>The precision of the scores if they are logarithms of probabilities.</summary>
    public ScoresPrecision Logarithmic { get; } = ScoresPrecision.OfLogarithms(rows, ending.Step, isHalf);

    /// <summary>The kind whose rows sum to 1, where these do. Where the numbers are too coarse for that, the graph must have a softmax.</summary>
    public OutputKind? KindBySum =>
        IsTelling(Plain, GraphEndingKind.Softmax) && AreProbabilities ? OutputKind.Probabilities
        : IsTelling(Logarithmic, GraphEndingKind.LogSoftmax) && AreLogProbabilities ? OutputKind.LogProbabilities
        : null;

    /// <summary>Whether the scores may well be probabilities, but with so large a step that nothing tells.</summary>
    public bool IsTooCoarse => !IsTelling(Plain, GraphEndingKind.Softmax) && AreProbabilities;

    /// <summary>Whether all scores lie in 0…1, and not because all are the same.</summary>
    public bool LiesInUnitInterval => Outside(0, 1, RangeTolerance) is null && Array.Exists(rows, row => row.Distinct().Skip(1).Any());

    /// <summary>What all rows sum to where they are not negative, differ, and yet all sum to the same, which is not 1: percent, for one.</summary>
    public double? ConstantSum
    {
        get
        {
            double[] sums = [.. rows.Select(row => SumOf(row, areLogarithms: false))];
            var isConstant = sums[0] > 0 && Outside(0, double.PositiveInfinity, 0) is null && Array.TrueForAll(sums, sum => Math.Abs(sum - sums[0]) <= RangeTolerance * sums[0]);
            return isConstant && rows.Select(row => string.Join(' ', row)).Distinct().Count() >= FewestRows ? sums[0] : null;
        }
    }

    /// <summary>Whether the scores are −ln p.</summary>
    public bool AreNegated => Array.TrueForAll(rows, row => IsOne(row.Sum(score => Math.Exp(-score)), Logarithmic.SumTolerance));

    /// <summary>Whether every row has a single 1 and else 0.</summary>
    public bool AreZeroOrOne => Array.TrueForAll(rows, row => Array.TrueForAll(row, score => score is 0f or 1f));

    private bool AreProbabilities =>
        Outside(0, 1, RangeTolerance) is null && Array.TrueForAll(rows, row => IsOne(SumOf(row, areLogarithms: false), Plain.SumTolerance));

    private bool AreLogProbabilities =>
        Outside(double.NegativeInfinity, 0, RangeTolerance) is null && Array.TrueForAll(rows, row => IsOne(SumOf(row, areLogarithms: true), Logarithmic.SumTolerance));

    /// <summary>A score that lies outside of a range by more than the tolerance or half a step.</summary>
    public float? Outside(double lowest, double highest, double tolerance)
    {
        var margin = Math.Max(tolerance, ending.Step / 2 ?? 0);
        return rows.SelectMany(row => row).Where(score => score < lowest - margin || score > highest + margin).Select(score => (float?)score).FirstOrDefault();
    }

    /// <summary>In words, a row that does not sum to 1; null where all do.</summary>
    public string? OddSum(bool areLogarithms, double leastTolerance = 0)
    {
        var tolerance = Math.Max((areLogarithms ? Logarithmic : Plain).SumTolerance, leastTolerance);
        return rows.Select(row => (double?)SumOf(row, areLogarithms)).FirstOrDefault(sum => !IsOne(sum!.Value, tolerance)) is { } odd
            ? string.Create(CultureInfo.InvariantCulture, $"{(areLogarithms ? "the exponentials of the scores" : "the scores")} of a warm-up image sum to {odd:G4} instead of 1")
            : null;
    }

    /// <summary>What the graph adds to each number, or what lies outside of 0…1 as if something had been added, adds up over the classes.</summary>
    private static ScoresPrecision Shifted(ScoresPrecision precision, float[][] rows, GraphEnding ending)
    {
        var hair = rows.Max(row => Math.Max(-row.Min(), row.Max() - 1));
        var shift = Math.Max(ending.Shift, hair is > 0 and <= (float)RangeTolerance ? hair : 0);
        return precision with { SumTolerance = precision.SumTolerance + (rows[0].Length * shift) };
    }

    private bool IsTelling(ScoresPrecision precision, GraphEndingKind kind) => precision.SumTolerance < UselessTolerance || ending.Kind == kind;

    private static double SumOf(float[] row, bool areLogarithms) => row.Sum(score => areLogarithms ? Math.Exp(score) : score);

    private static bool IsOne(double sum, double tolerance) => Math.Abs(sum - 1) <= tolerance;
}

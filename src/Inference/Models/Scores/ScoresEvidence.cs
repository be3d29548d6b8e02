using System.Globalization;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference.Models.Scores;

/// <summary>What the scores of some images, and the nodes that compute them, reveal about their kind.</summary>
/// <param name="rows">The scores of each image, finite or −∞.</param>
/// <param name="ending">How the graph ends in front of the output.</param>
/// <param name="isHalf">Whether the output is declared as float16.</param>
internal sealed class ScoresEvidence(float[][] rows, GraphEnding ending, bool isHalf)
{
    // How far outside of 0…1 a number may lie and still be a probability: graphs add or subtract this much to stay away
    // from 0.
    private const double RangeTolerance = 1e-3;

    // Two rows may have the same sum by chance.
    private const int MinRows = 3;

    // With a larger tolerance the sum of a row proves nothing: whatever the row holds, it would be near enough to 1.
    private const double UselessTolerance = 0.25;

    public GraphEnding Ending => ending;

    /// <summary>The precision of the scores if they are probabilities.</summary>
    public ScoresPrecision Plain { get; } =
        Shifted(ScoresPrecision.OfProbabilities(rows, ending.Step, isHalf), rows, ending);

    /// <summary>The precision of the scores if they are logarithms of probabilities.</summary>
    public ScoresPrecision Logarithmic { get; } = ScoresPrecision.OfLogarithms(rows, ending.Step, isHalf);

    /// <summary>
    /// The kind of scores whose rows sum to 1, if they do. Where the numbers are too coarse to tell, the graph must end
    /// in a softmax.
    /// </summary>
    public OutputKind? KindBySum =>
        IsTelling(Plain, GraphEndingKind.Softmax) && AreProbabilities ? OutputKind.Probabilities
        : IsTelling(Logarithmic, GraphEndingKind.LogSoftmax) && AreLogProbabilities ? OutputKind.LogProbabilities
        : null;

    /// <summary>Whether the scores may be probabilities but have too large a step to tell.</summary>
    public bool IsTooCoarse => !IsTelling(Plain, GraphEndingKind.Softmax) && AreProbabilities;

    /// <summary>Whether all scores lie in 0…1, other than by all being equal.</summary>
    public bool LiesInUnitInterval =>
        Outside(0, 1, RangeTolerance) is null && Array.Exists(rows, row => row.Distinct().Skip(1).Any());

    /// <summary>
    /// The sum of every row, where the rows differ, are not negative, and all have the same sum other than 1, as
    /// percentages do.
    /// </summary>
    public double? ConstantSum
    {
        get
        {
            double[] sums = [.. rows.Select(row => SumOf(row, areLogarithms: false))];
            var isConstant = sums[0] > 0
                && Outside(0, double.PositiveInfinity, 0) is null
                && Array.TrueForAll(sums, sum => Math.Abs(sum - sums[0]) <= RangeTolerance * sums[0]);
            var differentRows = rows.Select(row => string.Join(' ', row)).Distinct().Count();
            return isConstant && differentRows >= MinRows ? sums[0] : null;
        }
    }

    /// <summary>Whether the scores are −ln p.</summary>
    public bool AreNegated =>
        Array.TrueForAll(rows, row => IsOne(row.Sum(score => Math.Exp(-score)), Logarithmic.SumTolerance));

    /// <summary>Whether every row consists of a single 1 and otherwise 0.</summary>
    public bool AreZeroOrOne => Array.TrueForAll(rows, row => Array.TrueForAll(row, score => score is 0f or 1f));

    private bool AreProbabilities =>
        Outside(0, 1, RangeTolerance) is null
        && Array.TrueForAll(rows, row => IsOne(SumOf(row, areLogarithms: false), Plain.SumTolerance));

    private bool AreLogProbabilities =>
        Outside(double.NegativeInfinity, 0, RangeTolerance) is null
        && Array.TrueForAll(rows, row => IsOne(SumOf(row, areLogarithms: true), Logarithmic.SumTolerance));

    /// <summary>A score outside of a range by more than the tolerance or half a step; null if there is none.</summary>
    public float? Outside(double lowest, double highest, double tolerance)
    {
        var margin = Math.Max(tolerance, ending.Step / 2 ?? 0);
        return rows.SelectMany(row => row)
            .Where(score => score < lowest - margin || score > highest + margin)
            .Select(score => (float?)score)
            .FirstOrDefault();
    }

    /// <summary>Describes a row that does not sum to 1; null if all do.</summary>
    public string? OddSum(bool areLogarithms, double leastTolerance = 0)
    {
        var tolerance = Math.Max((areLogarithms ? Logarithmic : Plain).SumTolerance, leastTolerance);
        var odd = rows.Select(row => (double?)SumOf(row, areLogarithms))
            .FirstOrDefault(sum => sum is { } value && !IsOne(value, tolerance));
        var what = areLogarithms ? "the exponentials of the scores" : "the scores";
        return odd is null
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{what} of a warm-up image sum to {odd:G4} instead of 1");
    }

    /// <summary>
    /// Widens the tolerance by what the graph adds to each number, or seems to add where numbers lie just outside of
    /// 0…1: it accumulates over the classes.
    /// </summary>
    private static ScoresPrecision Shifted(ScoresPrecision precision, float[][] rows, GraphEnding ending)
    {
        var excess = rows.Max(row => Math.Max(-row.Min(), row.Max() - 1));
        var shift = Math.Max(ending.Shift, excess is > 0 and <= (float)RangeTolerance ? excess : 0);
        return precision with { SumTolerance = precision.SumTolerance + (rows[0].Length * shift) };
    }

    private bool IsTelling(ScoresPrecision precision, GraphEndingKind kind) =>
        precision.SumTolerance < UselessTolerance || ending.Kind == kind;

    private static double SumOf(float[] row, bool areLogarithms) =>
        row.Sum(score => areLogarithms ? Math.Exp(score) : score);

    private static bool IsOne(double sum, double tolerance) => Math.Abs(sum - 1) <= tolerance;
}

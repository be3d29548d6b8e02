using System.Text.Json.Serialization;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Numerics;

namespace SoftmaxService.Cli.Verification;

/// <summary>How far two rows of scores are apart.</summary>
internal sealed record ScoreDifference
{
    /// <summary>The largest difference of a probability between scores that agree.</summary>
    public const double MaxProbability = 0.01;

    /// <summary>The mean difference of logits that agree, as a share of the distance from lowest to highest.</summary>
    public const double MaxShareOfRange = 0.01;

    // Below this, makers' probabilities in 32-bit floats are noise.
    private const double Floor = 1e-6;

    /// <summary>What was compared: <c>logits</c>, <c>probabilities</c> or <c>log-probabilities</c>.</summary>
    public string ComparedAs => Names.Of(Kind);

    [JsonIgnore]
    public OutputKind Kind { get; init; }

    public required double Mean { get; init; }

    public required double Max { get; init; }

    /// <summary>The class with the largest difference.</summary>
    public required int Class { get; init; }

    /// <summary>The mean as a share of the distance from the lowest to the highest of the maker's.</summary>
    public required double ShareOfRange { get; init; }

    /// <summary>The largest difference of a probability at temperature 1.</summary>
    public required double MaxOfProbabilities { get; init; }

    /// <summary>Whether the most probable class is the same.</summary>
    public required bool HasSameTop { get; init; }

    /// <summary>The mean difference of log-probabilities, by which recipes are ranked.</summary>
    public required double Distance { get; init; }

    /// <summary>Whether the scores agree.</summary>
    public bool Agrees =>
        HasSameTop
        && MaxOfProbabilities <= MaxProbability
        && (Kind == OutputKind.Probabilities || ShareOfRange <= MaxShareOfRange);

    /// <param name="logits">The service's logits.</param>
    /// <param name="kind">What the model's output holds.</param>
    /// <param name="given">The maker's scores.</param>
    public static ScoreDifference Of(float[] logits, OutputKind kind, GivenScores given)
    {
        var (ours, theirs, comparedAs) = (given.Kind, kind) switch
        {
            (OutputKind.Probabilities, _) => (ProbabilitiesOf(logits), given.Values, OutputKind.Probabilities),
            (OutputKind.Logits, OutputKind.Logits) => (logits, given.Values, OutputKind.Logits),
            _ => (LogProbabilitiesOf(logits), LogProbabilitiesOf(given.Logits), OutputKind.LogProbabilities),
        };
        var (sum, max, at, lowest, highest) = (0.0, -1.0, 0, double.MaxValue, double.MinValue);
        for (var i = 0; i < ours.Length; i++)
        {
            var difference = ours[i] == theirs[i] ? 0 : Math.Abs((double)ours[i] - theirs[i]);
            sum += difference;
            (lowest, highest) = (Math.Min(lowest, theirs[i]), Math.Max(highest, theirs[i]));
            if (difference > max)
            {
                (max, at) = (difference, i);
            }
        }

        var (p, q) = (ProbabilitiesOf(logits), ProbabilitiesOf(given.Logits));
        return new ScoreDifference
        {
            Kind = comparedAs,
            Mean = sum / ours.Length,
            Max = max,
            Class = at,
            ShareOfRange = highest > lowest ? sum / ours.Length / (highest - lowest) : 0,
            MaxOfProbabilities = p.Zip(q, (one, other) => Math.Abs((double)one - other)).Max(),
            HasSameTop = IndexOfMax(p) == IndexOfMax(q),
            Distance = comparedAs == OutputKind.Logits
                ? sum / ours.Length
                : p.Zip(q, (one, other) => Math.Abs(Math.Log(Math.Max(one, Floor) / Math.Max(other, Floor)))).Average(),
        };
    }

    public static float[] ProbabilitiesOf(float[] logits)
    {
        var probabilities = new float[logits.Length];
        Softmax.Compute(logits, probabilities);
        return probabilities;
    }

    private static float[] LogProbabilitiesOf(float[] logits)
    {
        var logarithms = new float[logits.Length];
        Softmax.ComputeLog(logits, logarithms);
        return logarithms;
    }

    private static int IndexOfMax(float[] values)
    {
        var best = new int[1];
        Ranking.TopK(values, best);
        return best[0];
    }
}

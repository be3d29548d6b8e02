namespace SoftmaxService.Inference.Calibration;

/// <summary>Split-conformal quantiles by miscoverage α.</summary>
public sealed record ConformalQuantiles
{
    /// <summary>The score whose quantiles these are.</summary>
    public required ConformalMethod Method { get; init; }

    /// <summary>n, the number of calibration images.</summary>
    public int? Count { get; init; }

    /// <summary>α, as a decimal string, → the calibration score of rank ⌈(n+1)(1−α)⌉.</summary>
    public required IReadOnlyDictionary<string, double> Quantiles { get; init; }

    /// <summary>Some of the sorted scores, for any other α.</summary>
    public StoredScores? Scores { get; init; }

    /// <summary>
    /// The quantiles of the other scores of the same images, for their own α only. They are evidence; the outer score
    /// makes the prediction sets.
    /// </summary>
    public IReadOnlyList<ConformalQuantiles>? Alternatives { get; init; }
}

/// <summary>A compact record of n sorted scores: the largest, those of the common α, and some between.</summary>
public sealed record StoredScores
{
    /// <summary>Ranks among the n, from 1, ascending.</summary>
    public required IReadOnlyList<int> Ranks { get; init; }

    /// <summary>The score of each rank, ascending.</summary>
    public required IReadOnlyList<double> Values { get; init; }
}

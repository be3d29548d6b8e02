namespace SoftmaxService.Inference.Calibration;

/// <summary>How good a model's probabilities are on labelled data at one temperature.</summary>
public sealed record Evaluation
{
    /// <summary>T, the temperature.</summary>
    public required float Temperature { get; init; }

    /// <summary>n, the number of rows.</summary>
    public required int Count { get; init; }

    /// <summary>K, the number of classes.</summary>
    public required int ClassCount { get; init; }

    /// <summary>Accuracy, NLL, Brier score and calibration errors, with their intervals.</summary>
    public required CalibrationMetrics Metrics { get; init; }

    /// <summary>The reliability diagram's bins, from low to high confidence.</summary>
    public required IReadOnlyList<ReliabilityBin> Reliability { get; init; }

    /// <summary>
    /// How often class [row] was answered as class [column], K × K; null where there are more than 2,048 classes.
    /// </summary>
    public required IReadOnlyList<int[]>? ConfusionMatrix { get; init; }

    /// <summary>
    /// Rows whose right class has the logit −∞: its probability is 0 and its NLL infinite at any temperature. Each
    /// counts as if the probability were 2⁻¹⁴⁹, the smallest that a float holds: 103.28 nats.
    /// </summary>
    public required int ZeroProbabilityLabels { get; init; }
}

/// <summary>How prediction sets at one α performed on labelled data.</summary>
public sealed record PredictionSetEvaluation
{
    /// <summary>The miscoverage that the sets were made for.</summary>
    public required double Alpha { get; init; }

    /// <summary>The score that made them.</summary>
    public required ConformalMethod Method { get; init; }

    /// <summary>n, the number of rows.</summary>
    public required int Count { get; init; }

    /// <summary>
    /// The share of the conformal sets that hold the right class, 0…1: 1 − α on average. An empty set holds none.
    /// </summary>
    public required double Coverage { get; init; }

    /// <summary>
    /// 95 % interval of the coverage. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    /// 1927.
    /// </summary>
    public required Interval CoverageInterval { get; init; }

    /// <summary>The mean number of classes in a conformal set.</summary>
    public required double MeanSize { get; init; }

    /// <summary>
    /// The number of empty conformal sets. For these, <see cref="PredictionSet"/> returns the top class and says so.
    /// </summary>
    public required int EmptySets { get; init; }

    /// <summary>
    /// The coverage as served: empty sets hold the top class, and randomized APS draws nothing at random.
    /// </summary>
    public required double ServedCoverage { get; init; }

    /// <summary>The mean number of classes as served.</summary>
    public required double ServedMeanSize { get; init; }

    /// <summary>
    /// Count and coverage of the conformal sets of each size that occurs, smallest first. Size 0 is the empty sets.
    /// </summary>
    public required IReadOnlyList<SetSizeCoverage> Sizes { get; init; }
}

/// <summary>The conformal sets of one size.</summary>
/// <param name="Size">How many classes such a set holds.</param>
/// <param name="Count">How many sets there are.</param>
/// <param name="Coverage">
/// The share of them that holds the right class. Only the mean over all sizes is guaranteed.
/// </param>
public readonly record struct SetSizeCoverage(int Size, int Count, double Coverage);

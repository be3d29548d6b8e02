using System.Globalization;

namespace SoftmaxService.Inference.Calibration;

/// <summary>What a calibration found.</summary>
public sealed record CalibrationResult
{
    // With more classes the confusion matrix would dominate the manifest.
    private const int MaxConfusionClasses = 100;

    /// <summary>The fitted T, as it will be served.</summary>
    public required float Temperature { get; init; }

    /// <summary>
    /// Its bootstrap 95 % interval, as in <see cref="ManifestCalibration.TemperatureInterval"/>; null without
    /// replicates.
    /// </summary>
    public required Interval? TemperatureInterval { get; init; }

    /// <summary>n, the number of rows.</summary>
    public required int Count { get; init; }

    /// <summary>K, the number of classes.</summary>
    public required int ClassCount { get; init; }

    /// <summary>How many bins the calibration errors use.</summary>
    public required int Bins { get; init; }

    /// <summary>Measured at temperature 1.</summary>
    public required Evaluation Before { get; init; }

    /// <summary>Measured at the fitted temperature.</summary>
    public required Evaluation After { get; init; }

    /// <summary>
    /// Quantiles for prediction sets, with those of the other scores as alternatives; null where no α was requested.
    /// </summary>
    public required ConformalQuantiles? Conformal { get; init; }

    /// <summary>
    /// What the sets of <see cref="Conformal"/> do on the calibration data itself, for each α. Their coverage is 1 − α
    /// by construction; their sizes are informative.
    /// </summary>
    public required IReadOnlyList<PredictionSetEvaluation> PredictionSets { get; init; }

    /// <summary>
    /// As <see cref="PredictionSets"/>, for the α that every manifest describes, as far as there are enough rows.
    /// </summary>
    public required IReadOnlyList<PredictionSetEvaluation> ManifestSets { get; init; }

    /// <summary>The energy that the requested share of the data is at or below.</summary>
    public required EnergyThreshold Energy { get; init; }

    /// <summary>
    /// What to know about the data before trusting these numbers, one sentence each; may be empty.
    /// </summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The manifest's <c>calibration</c>.</summary>
    /// <param name="dataset">What the data was, in words.</param>
    public ManifestCalibration ToManifest(string? dataset) => new()
    {
        Temperature = Shortest(Temperature),
        TemperatureInterval = TemperatureInterval,
        Dataset = dataset,
        Count = Count,
        Bins = Bins,
        Before = Before.Metrics,
        After = After.Metrics,
        ReliabilityBefore = Before.Reliability,
        Reliability = After.Reliability,
        Confusion = ClassCount <= MaxConfusionClasses ? After.ConfusionMatrix : null,
        Conformal = Conformal,
        PredictionSets = ManifestSets.Count == 0
            ? null
            : [.. ManifestSets.Select(sets =>
                new ServedSets(sets.Alpha, sets.ServedCoverage, sets.ServedMeanSize))],
        Energy = Energy,
        Warnings = Warnings.Count > 0 ? Warnings : null,
    };

    /// <summary>
    /// The double with the float's own digits: 1.07 and not 1.0700000524520874. It reads back as the same float.
    /// </summary>
    private static double Shortest(float value) =>
        double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

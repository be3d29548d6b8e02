namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// The manifest's <c>calibration</c>: a temperature fitted on labelled data that the model was not trained on, and its
/// evidence.
/// </summary>
public sealed record ManifestCalibration
{
    /// <summary>The fitted temperature, &gt; 0 and finite.</summary>
    public required double Temperature { get; init; }

    /// <summary>
    /// Bootstrap 95 % interval of the temperature. A lower end of 0 means that the data has too few mistakes to rule
    /// out any low temperature. An upper end of 3.4e38, the largest float, means that it cannot rule out any high one.
    /// </summary>
    public Interval? TemperatureInterval { get; init; }

    /// <summary>The labelled data that it was fitted on.</summary>
    public string? Dataset { get; init; }

    /// <summary>How many labelled images there were.</summary>
    public int? Count { get; init; }

    /// <summary>How many equal-width confidence bins the calibration errors use.</summary>
    public int? Bins { get; init; }

    /// <summary>Measured at temperature 1.</summary>
    public CalibrationMetrics? Before { get; init; }

    /// <summary>Measured at the fitted temperature.</summary>
    public CalibrationMetrics? After { get; init; }

    /// <summary>The reliability diagram's bins at temperature 1, from low to high confidence.</summary>
    public IReadOnlyList<ReliabilityBin>? ReliabilityBefore { get; init; }

    /// <summary>The reliability diagram's bins at the fitted temperature, from low to high confidence.</summary>
    public IReadOnlyList<ReliabilityBin>? Reliability { get; init; }

    /// <summary>
    /// How often images of each class (row) were answered as each class (column), at the fitted temperature; absent if
    /// there are more than 100 classes.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>>? Confusion { get; init; }

    /// <summary>Quantiles for prediction sets.</summary>
    public ConformalQuantiles? Conformal { get; init; }

    /// <summary>
    /// Prediction sets as they are served, for α from 0.3 down to 0.01 as far as there are enough images. Measured on
    /// the images of the quantiles, for which the coverage is at least 1 − α by construction; <c>softmax evaluate</c>
    /// measures it on others.
    /// </summary>
    public IReadOnlyList<ServedSets>? PredictionSets { get; init; }

    /// <summary>The energy at or below which an image counts as similar to those of the calibration.</summary>
    public EnergyThreshold? Energy { get; init; }

    /// <summary>
    /// What to know about the data before trusting these numbers, one sentence each; absent if there is nothing.
    /// </summary>
    public IReadOnlyList<string>? Warnings { get; init; }
}

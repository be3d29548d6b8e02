namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Bootstrap 95 % percentile intervals of <see cref="CalibrationMetrics"/>. Calibration errors are sums of absolute
/// values, to which noise only adds, in a sample and again in its replicates. So the interval of a small error may lie
/// above it.
/// </summary>
public sealed record MetricIntervals
{
    /// <summary>Of <see cref="CalibrationMetrics.Accuracy"/>.</summary>
    public Interval? Accuracy { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.Nll"/>.</summary>
    public Interval? Nll { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.Brier"/>.</summary>
    public Interval? Brier { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.Ece"/>.</summary>
    public Interval? Ece { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.Mce"/>.</summary>
    public Interval? Mce { get; init; }

    /// <summary>Of <see cref="CalibrationMetrics.AdaptiveEce"/>.</summary>
    public Interval? AdaptiveEce { get; init; }

    /// <summary>
    /// Of <see cref="CalibrationMetrics.ClasswiseEce"/>; absent if there are more than 2,048 classes, or 16,384
    /// classes × bins.
    /// </summary>
    public Interval? ClasswiseEce { get; init; }
}

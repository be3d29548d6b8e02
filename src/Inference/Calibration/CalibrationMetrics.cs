namespace SoftmaxService.Inference.Calibration;

/// <summary>How well probabilities match the truth. For all but the accuracy, smaller is better.</summary>
public sealed record CalibrationMetrics
{
    /// <summary>The share of images whose most probable class is right, 0…1.</summary>
    public double Accuracy { get; init; }

    /// <summary>Mean negative log-likelihood of the right class, in nats.</summary>
    public double Nll { get; init; }

    /// <summary>Mean squared distance between probabilities and the one-hot truth, 0…2.</summary>
    public double Brier { get; init; }

    /// <summary>Expected calibration error, 0…1.</summary>
    public double Ece { get; init; }

    /// <summary>Maximum calibration error, 0…1: the largest gap of any bin, however few images it holds.</summary>
    public double Mce { get; init; }

    /// <summary>Expected calibration error over bins of equally many images, 0…1.</summary>
    public double? AdaptiveEce { get; init; }

    /// <summary>
    /// Expected calibration error of each class's probability, averaged over the classes, 0…1; absent if there are
    /// more than 4,194,304 classes × bins.
    /// </summary>
    public double? ClasswiseEce { get; init; }

    /// <summary>Bootstrap 95 % intervals of all of these.</summary>
    public MetricIntervals? Intervals { get; init; }
}

namespace SoftmaxService.Inference.Calibration;

/// <summary>What a calibration may be told.</summary>
public sealed record CalibrationOptions
{
    /// <summary>How many bins the calibration errors use.</summary>
    /// <value>1…1000; 15, as in Guo et al. 2017.</value>
    public int Bins { get; init; } = 15;

    /// <summary>The miscoverages α that quantiles are stored for.</summary>
    /// <value>Each inside 0…1; 0.1, 0.05 and 0.01. An α needs n ≥ 1/α − 1. None makes no prediction sets.</value>
    public IReadOnlyList<double> Alphas { get; init; } = [0.1, 0.05, 0.01];

    /// <summary>The score by which prediction sets are made; the others are stored beside it.</summary>
    /// <value>
    /// LAC: its sets are the smallest, and where they are empty the model itself is unsure, while APS without its random number is empty for
    /// the images that the model is surest of.
    /// </value>
    public ConformalMethod Method { get; init; } = ConformalMethod.Lac;

    /// <summary>The share of the calibration images that the energy threshold lets through.</summary>
    /// <value>Above 0, at most 1; 0.95, as in Liu et al. 2020.</value>
    public double TruePositiveRate { get; init; } = 0.95;

    /// <summary>How many bootstrap replicates the intervals come from.</summary>
    /// <value>0…10,000; 1,000. 0 leaves the intervals out.</value>
    public int Replicates { get; init; } = 1000;

    /// <summary>Seeds the bootstrap and the random numbers of randomised APS: the same data and seed give the same result.</summary>
    /// <value>Any; 1.</value>
    public int Seed { get; init; } = 1;

    /// <summary>The names of the classes, for warnings; null to call them by their numbers.</summary>
    /// <value>One for each class; null.</value>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Throws where an option is out of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Bins, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Bins, 1000);
        ArgumentOutOfRangeException.ThrowIfNegative(Replicates);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Replicates, 10_000);
        if (!(TruePositiveRate > 0 && TruePositiveRate <= 1))
            throw new ArgumentOutOfRangeException(nameof(TruePositiveRate), TruePositiveRate, "The true-positive rate must be above 0 and at most 1.");
        foreach (var alpha in Alphas)
            Conformal.CheckAlpha(alpha);
    }
}

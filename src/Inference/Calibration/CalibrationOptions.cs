namespace SoftmaxService.Inference.Calibration;

/// <summary>Options of a calibration.</summary>
public sealed record CalibrationOptions
{
    /// <summary>How many bins the calibration errors use.</summary>
    /// <value>1…1000; defaults to 15, as in Guo et al. 2017.</value>
    public int Bins { get; init; } = 15;

    /// <summary>The miscoverages α for which quantiles are stored.</summary>
    /// <value>
    /// Each between 0 and 1, exclusive; defaults to 0.1, 0.05 and 0.01. An α needs n ≥ 1/α − 1 rows. Without any α
    /// there are no prediction sets.
    /// </value>
    public IReadOnlyList<double> Alphas { get; init; } = [0.1, 0.05, 0.01];

    /// <summary>The score that makes prediction sets; the others are stored beside it.</summary>
    /// <value>
    /// Defaults to LAC. Its sets are the smallest, and where they are empty the model itself is unsure, whereas sets of
    /// APS without its random number are empty for the images about which the model is surest.
    /// </value>
    public ConformalMethod Method { get; init; } = ConformalMethod.Lac;

    /// <summary>The share of the calibration images that pass the energy threshold.</summary>
    /// <value>Above 0, at most 1; defaults to 0.95, as in Liu et al. 2020.</value>
    public double TruePositiveRate { get; init; } = 0.95;

    /// <summary>The number of bootstrap replicates for the intervals.</summary>
    /// <value>0…10,000; defaults to 1,000. 0 omits the intervals.</value>
    public int Replicates { get; init; } = 1000;

    /// <summary>
    /// Seeds the bootstrap and the random numbers of randomized APS: the same data and seed give the same result.
    /// </summary>
    /// <value>Any number; defaults to 1.</value>
    public int Seed { get; init; } = 1;

    /// <summary>The names of the classes, for warnings; null to use their numbers.</summary>
    /// <value>One per class; defaults to null.</value>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Throws if an option is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Bins, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Bins, 1000);
        ArgumentOutOfRangeException.ThrowIfNegative(Replicates);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Replicates, 10_000);
        if (!(TruePositiveRate > 0 && TruePositiveRate <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(TruePositiveRate), TruePositiveRate, "The true-positive rate must be above 0 and at most 1.");
        }

        foreach (var alpha in Alphas)
        {
            Conformal.CheckAlpha(alpha);
        }
    }
}

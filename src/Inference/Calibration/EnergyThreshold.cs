namespace SoftmaxService.Inference.Calibration;

/// <summary>A threshold on the energy <c>−T·logsumexp(z/T)</c>.</summary>
public sealed record EnergyThreshold
{
    /// <summary>Images at or below it count as known.</summary>
    public double Threshold { get; init; }

    /// <summary>The share of the calibration images at or below it, 0…1.</summary>
    public double TruePositiveRate { get; init; }
}

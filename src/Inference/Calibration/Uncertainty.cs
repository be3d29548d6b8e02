namespace SoftmaxService.Inference.Calibration;

/// <summary>Three measures of how sure an answer is.</summary>
/// <param name="Entropy">
/// Shannon entropy <c>−Σ p ln p</c> in nats: 0 when one class has all the probability, <c>ln K</c> when all have the
/// same. Shannon, "A Mathematical Theory of Communication", 1948.
/// </param>
/// <param name="Margin">The largest probability minus the second largest, 0…1; 1 when there is one class.</param>
/// <param name="Energy">
/// <c>−T · ln Σ exp(z_i / T)</c>, in the unit of the logits; the lower, the more the input resembles the training data.
/// Clamped to finite floats, which only an extreme temperature would leave.
/// Liu et al., "Energy-based Out-of-distribution Detection", 2020.
/// </param>
public readonly record struct Uncertainty(float Entropy, float Margin, float Energy)
{
    /// <summary>Measures one answer.</summary>
    /// <param name="logits">K logits; −∞ allowed, not all.</param>
    /// <param name="probabilities">
    /// Their softmax at <paramref name="temperature"/>: K probabilities, none of them NaN.
    /// </param>
    /// <param name="temperature">T, &gt; 0 and finite.</param>
    public static Uncertainty Measure(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, float temperature)
    {
        var entropy = 0.0;
        var (first, second) = (0f, 0f);
        var largestLogit = float.NegativeInfinity;
        for (var i = 0; i < probabilities.Length; i++)
        {
            var p = probabilities[i];
            entropy -= p > 0f ? p * Math.Log(p) : 0.0;
            (first, second) = p > first ? (p, first) : (first, Math.Max(p, second));
            largestLogit = Math.Max(largestLogit, logits[i]);
        }

        return new Uncertainty(
            (float)Math.Max(entropy, 0.0), first - second, EnergyOf(largestLogit, first, temperature));
    }

    /// <summary>The entropy alone, as <see cref="Measure"/> computes it.</summary>
    internal static float EntropyOf(ReadOnlySpan<float> probabilities)
    {
        var entropy = 0.0;
        foreach (var p in probabilities)
        {
            entropy -= p > 0f ? p * Math.Log(p) : 0.0;
        }

        return (float)Math.Max(entropy, 0.0);
    }

    /// <summary>
    /// The energy of a row. ln Σ exp(z_i / T) = z_max / T − ln p_max, which needs no second exponential and cannot
    /// overflow.
    /// </summary>
    internal static float EnergyOf(float largestLogit, float largestProbability, float temperature)
    {
        var energy = (temperature * Math.Log(largestProbability)) - largestLogit;
        return (float)Math.Clamp(energy, float.MinValue, float.MaxValue);
    }
}

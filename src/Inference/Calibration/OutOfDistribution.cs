using SoftmaxService.Numerics;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Tells images like those that the model was trained on from others by their energy <c>−T · logsumexp(z / T)</c>,
/// which is lower for known images. Liu, Wang, Owens and Li, "Energy-based Out-of-distribution Detection", 2020.
/// </summary>
public static class OutOfDistribution
{
    /// <summary>The energy of each row, as in <see cref="Uncertainty.Energy"/>.</summary>
    /// <param name="data">Rows of logits; their labels are ignored.</param>
    /// <param name="temperature">T, &gt; 0 and finite.</param>
    public static float[] Energies(LabelledLogits data, float temperature)
    {
        var energies = new float[data.Count];
        var probabilities = new float[data.ClassCount];
        for (var row = 0; row < energies.Length; row++)
        {
            energies[row] = Energy(data.Row(row), probabilities, temperature);
        }

        return energies;
    }

    /// <summary>The energy of each row, as in <see cref="Uncertainty.Energy"/>.</summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits, finite or −∞, not all −∞.
    /// </param>
    /// <param name="classCount">K, at least 1.</param>
    /// <param name="temperature">T, &gt; 0 and finite.</param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, or the temperature is not above 0 and finite.
    /// </exception>
    public static float[] Energies(ReadOnlySpan<float> logits, int classCount, float temperature)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        if (logits.Length % classCount != 0)
        {
            throw new ArgumentException(
                $"{logits.Length} logits are not a whole number of rows of {classCount}.", nameof(logits));
        }

        var energies = new float[logits.Length / classCount];
        var probabilities = new float[classCount];
        for (var row = 0; row < energies.Length; row++)
        {
            energies[row] = Energy(logits.Slice(row * classCount, classCount), probabilities, temperature);
        }

        return energies;
    }

    /// <summary>
    /// The lowest energy that at least the requested share of known images is at or below: the energy of rank
    /// ⌈rate · n⌉.
    /// </summary>
    /// <param name="energies">The energies of known images, at least one.</param>
    /// <param name="truePositiveRate">The share, above 0, at most 1; 0.95 in Liu et al.</param>
    /// <returns>
    /// The threshold, and the share of images that pass it. Ties and rounding may make it a little more than requested.
    /// </returns>
    /// <exception cref="ArgumentException">There are no energies.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not above 0 and at most 1.</exception>
    public static EnergyThreshold Threshold(ReadOnlySpan<float> energies, double truePositiveRate = 0.95)
    {
        if (energies.IsEmpty)
        {
            throw new ArgumentException("There are no energies.", nameof(energies));
        }

        if (!(truePositiveRate > 0 && truePositiveRate <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(truePositiveRate), truePositiveRate, "The rate must be above 0 and at most 1.");
        }

        var sorted = energies.ToArray();
        Array.Sort(sorted);
        var rank = (int)decimal.Ceiling((decimal)truePositiveRate * sorted.Length);
        var threshold = sorted[Math.Max(rank, 1) - 1];
        return new EnergyThreshold { Threshold = threshold, TruePositiveRate = ShareAtOrBelow(sorted, threshold) };
    }

    /// <summary>
    /// The share of energies at or below a threshold: the true-positive rate for known images, the false-positive rate
    /// for others.
    /// </summary>
    /// <param name="energies">Energies, at least one.</param>
    /// <param name="threshold">The threshold.</param>
    public static double ShareAtOrBelow(ReadOnlySpan<float> energies, double threshold)
    {
        var passed = 0;
        foreach (var energy in energies)
        {
            passed += energy <= threshold ? 1 : 0;
        }

        return passed / (double)energies.Length;
    }

    /// <summary>
    /// The area under the ROC curve: the probability that a known image has a lower energy than another, where ties
    /// count half. 0.5 is chance; 1 separates the two completely. Mann and Whitney, "On a Test of Whether one of Two
    /// Random Variables is Stochastically Larger than the Other", 1947; Hanley and McNeil, "The Meaning and Use of the
    /// Area under a ROC Curve", 1982.
    /// </summary>
    /// <param name="inDistribution">Energies of known images, at least one, none NaN.</param>
    /// <param name="outOfDistribution">Energies of others, at least one, none NaN.</param>
    /// <exception cref="ArgumentException">One of them is empty.</exception>
    public static double Auroc(ReadOnlySpan<float> inDistribution, ReadOnlySpan<float> outOfDistribution)
    {
        if (inDistribution.IsEmpty || outOfDistribution.IsEmpty)
        {
            throw new ArgumentException("Both kinds of images need at least one energy.");
        }

        var known = inDistribution.ToArray();
        var other = outOfDistribution.ToArray();
        Array.Sort(known);
        Array.Sort(other);

        // U, doubled so that halves are whole: for each other image, known images below it count twice, equal ones
        // once.
        var (below, upTo, doubled) = (0, 0, 0L);
        foreach (var energy in other)
        {
            while (below < known.Length && known[below] < energy)
            {
                below++;
            }

            while (upTo < known.Length && known[upTo] <= energy)
            {
                upTo++;
            }

            doubled += below + upTo;
        }

        return doubled / (2.0 * known.Length * other.Length);
    }

    private static float Energy(ReadOnlySpan<float> logits, Span<float> probabilities, float temperature)
    {
        Softmax.Compute(logits, probabilities, temperature);
        var (largestLogit, largestProbability) = (float.NegativeInfinity, 0f);
        for (var i = 0; i < logits.Length; i++)
        {
            largestLogit = Math.Max(largestLogit, logits[i]);
            largestProbability = Math.Max(largestProbability, probabilities[i]);
        }

        return Uncertainty.EnergyOf(largestLogit, largestProbability, temperature);
    }
}

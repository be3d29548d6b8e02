namespace SoftmaxService.Cli.Recipes;

/// <summary>
/// The likeliest temperature for a few labelled rows. Unlike the calibration's, it exists even if every row is answered
/// right or none is: ln T has a prior, a normal distribution around 0.
/// </summary>
internal static class BestTemperature
{
    private const double PriorDeviation = 2;
    private const double Lowest = -4;
    private const double Highest = 8;
    private const int GridSteps = 24;
    private const int RefiningSteps = 20;

    // The smallest float is 2^−149: a probability of 0 counts as that.
    private const double LargestLoss = 103.28;

    public static double Find(float[] logits, IReadOnlyList<int> labels)
    {
        var classCount = logits.Length / labels.Count;
        var step = (Highest - Lowest) / GridSteps;
        var best = Enumerable.Range(0, GridSteps + 1).Select(index => Lowest + (index * step)).MinBy(Cost);

        // Halving steps around the best node.
        var cost = Cost(best);
        for (var refining = 0; refining < RefiningSteps; refining++)
        {
            step /= 2;
            foreach (var candidate in (ReadOnlySpan<double>)[best - step, best + step])
            {
                if (Cost(candidate) is var other && other < cost)
                {
                    (best, cost) = (candidate, other);
                    break;
                }
            }
        }

        return Math.Exp(best);

        double Cost(double logTemperature)
        {
            var temperature = Math.Exp(logTemperature);
            var sum = logTemperature * logTemperature / (2 * PriorDeviation * PriorDeviation);
            for (var image = 0; image < labels.Count; image++)
            {
                sum += Loss(logits.AsSpan(image * classCount, classCount), labels[image], temperature);
            }

            return sum;
        }
    }

    /// <summary>−ln of the label's probability under softmax(z / T).</summary>
    public static double Loss(ReadOnlySpan<float> logits, int label, double temperature)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        var sum = 0.0;
        foreach (var logit in logits)
        {
            sum += Math.Exp((logit - (double)largest) / temperature);
        }

        return Math.Min(LargestLoss, Math.Log(sum) - ((logits[label] - (double)largest) / temperature));
    }
}

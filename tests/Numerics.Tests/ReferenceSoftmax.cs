namespace SoftmaxService.Numerics.Tests;

/// <summary>
/// The oracle: the definitions in double precision, summed with Neumaier's compensation. Its relative error is below
/// 1e-13, a millionth of a float's last place. It shares no code with the implementation.
/// </summary>
internal static class ReferenceSoftmax
{
    public static double[] Probabilities(ReadOnlySpan<float> logits, float temperature)
    {
        var (maximum, _, total) = Total(logits, temperature);
        var probabilities = new double[logits.Length];
        for (var i = 0; i < logits.Length; i++)
        {
            probabilities[i] = Math.Exp(((double)logits[i] - maximum) / temperature) / total;
        }

        return probabilities;
    }

    public static double[] LogProbabilities(ReadOnlySpan<float> logits, float temperature)
    {
        var (maximum, rest, _) = Total(logits, temperature);
        var logTotal = LogOnePlus(rest);
        var logProbabilities = new double[logits.Length];
        for (var i = 0; i < logits.Length; i++)
        {
            logProbabilities[i] = ((double)logits[i] - maximum) / temperature - logTotal;
        }

        return logProbabilities;
    }

    public static double LogSumExp(ReadOnlySpan<float> logits, float temperature)
    {
        var (maximum, rest, _) = Total(logits, temperature);
        return maximum / temperature + LogOnePlus(rest);
    }

    /// <summary>The distance in units in the last place (ULP) of a float near the expected value.</summary>
    public static double Ulps(float actual, double expected)
    {
        if (double.IsInfinity((double)(float)expected) || double.IsNaN(expected))
        {
            return actual.Equals((float)expected) ? 0 : double.PositiveInfinity;
        }

        var exponent = expected == 0 ? -126 : Math.Max(-126, Math.ILogB(expected));
        return Math.Abs(actual - expected) / Math.ScaleB(1, exponent - 23);
    }

    public static double LargestUlps(ReadOnlySpan<float> actual, double[] expected)
    {
        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Ulps(actual[i], expected[i])); // a NaN stays NaN and fails every bound
        }

        return largest;
    }

    private static (double Maximum, double Others, double Total) Total(ReadOnlySpan<float> logits, float temperature)
    {
        var first = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[first])
            {
                first = i;
            }
        }

        double maximum = logits[first];
        var (sum, lost) = (0.0, 0.0);
        for (var i = 0; i < logits.Length; i++)
        {
            if (i == first)
            {
                continue;
            }

            var term = Math.Exp((logits[i] - maximum) / temperature);
            var next = sum + term;
            lost += sum >= term ? sum - next + term : term - next + sum;
            sum = next;
        }

        return (maximum, sum + lost, 1 + sum + lost);
    }

    private static double LogOnePlus(double x) =>
        x < 1e-4 ? x - x * x / 2 + x * x * x / 3 - x * x * x * x / 4 : Math.Log(1 + x);
}

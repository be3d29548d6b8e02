namespace SoftmaxService.Numerics.Tests;

internal static class LogitSets
{
    public static readonly string[] Names =
    [
        "plain", "plain, K = 10", "uneven temperature", "large at T = 0.01", "close to 1e4 at T = 0.01", "T = 100",
        "half masked",
        "down to the denormal range", "below the shift by m", "above the shift by m", "far below zero", "1e6 ± 1",
        "1e30 at T = 1e30",
        "3e38 at T = 3e38", "1e-30 at T = 1.3e-30", "denormal at T = 1e-40", "confident",
    ];

    /// <summary>One row of a named set with its temperature.</summary>
    public static (float[] Logits, float Temperature) Row(string name, Random random) => name switch
    {
        "plain" => (Uniform(random, 1000, -10, 10), 1),
        "plain, K = 10" => (Uniform(random, 10, -10, 10), 1),
        "uneven temperature" => (Uniform(random, 1000, -10, 10), 1.37f),
        "large at T = 0.01" => (Uniform(random, 1000, -1e4, 1e4), 0.01f),
        "close to 1e4 at T = 0.01" => (Uniform(random, 1000, 9999, 10000), 0.01f),
        "T = 100" => (Uniform(random, 1000, -10, 10), 100),
        "half masked" => (Masked(random, Uniform(random, 1000, -10, 10)), 1),
        "down to the denormal range" => (Uniform(random, 1000, -106, 0), 1),
        "below the shift by m" => (Uniform(random, 1000, 11250, 11356), 1),
        "above the shift by m" => (Uniform(random, 1000, 11251, 11357), 1),
        "far below zero" => (Uniform(random, 1000, -11400, -11300), 1),
        "1e6 ± 1" => (Uniform(random, 1000, 999999, 1000001), 0.1f),
        "1e30 at T = 1e30" => (Uniform(random, 1000, -1e31, 1e31), 1e30f),
        "3e38 at T = 3e38" => (Uniform(random, 1000, -3e38, 3e38), 3e38f),
        "1e-30 at T = 1.3e-30" => (Uniform(random, 1000, -1e-29, 1e-29), 1.3e-30f),
        "denormal at T = 1e-40" => (Uniform(random, 1000, -1e-39, 1e-39), 1e-40f),
        "confident" => (Confident(random, 100), 1),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "The name is not that of a set."),
    };

    public static float[] Uniform(Random random, int count, double low, double high)
    {
        var logits = new float[count];
        for (var i = 0; i < count; i++)
        {
            logits[i] = (float)(low + (high - low) * random.NextDouble());
        }

        return logits;
    }

    private static float[] Masked(Random random, float[] logits)
    {
        for (var i = 0; i < logits.Length; i++)
        {
            if (random.Next(2) == 0)
            {
                logits[i] = float.NegativeInfinity;
            }
        }

        return logits;
    }

    private static float[] Confident(Random random, int count)
    {
        var logits = Uniform(random, count, -5, 5);
        logits[random.Next(count)] = 5 + 90 * random.NextSingle();
        return logits;
    }
}

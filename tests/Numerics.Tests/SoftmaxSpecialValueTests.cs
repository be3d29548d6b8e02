namespace SoftmaxService.Numerics.Tests;

public sealed class SoftmaxSpecialValueTests
{
    private const float Infinity = float.PositiveInfinity;

    private static readonly float[] Temperatures =
    [
        float.Epsilon, 3e-45f, 1e-40f, 1.1754944e-38f, 1e-30f, 1.1380e-30f, 1.1381e-30f, 1.5e-30f, 1e-20f, 1e-10f,
        0.01f, 0.7f, 1, 1.3f, 100,
        1e10f, 1.8287e30f, 1.8288e30f, 1e30f, 1e35f, 1e38f, float.MaxValue,
    ];

    private static readonly float[] Extremes =
    [
        0f, -0f, float.Epsilon, -float.Epsilon, 1e-40f, -1e-40f, 1.1754944e-38f, 1e-30f, -1e-30f, 1e-10f, 0.5f, -1, 1,
        88, 88.000008f, -88, 104, -104,
        11356, -11356, 11357, -11357, 1e4f, -1e4f, 1e7f, -1e7f, 1e30f, -1e30f, 1.7e38f, -1.7e38f, 3e38f, -3e38f,
        3.4028233e38f,
        float.MaxValue, float.MinValue, float.NegativeInfinity,
    ];

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_EveryPairOfExtremesAtEveryTemperature_AgreesWithTheReference(string path) =>
        ForEachPairOfExtremes((logits, temperature) =>
        {
            var actual = ForcedKernel.Compute(path, logits, temperature);
            AssertClose(actual, ReferenceSoftmax.Probabilities(logits, temperature), logits, temperature);
        });

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void ComputeLog_EveryPairOfExtremesAtEveryTemperature_AgreesWithTheReference(string path) =>
        ForEachPairOfExtremes((logits, temperature) =>
        {
            var actual = ForcedKernel.ComputeLog(path, logits, temperature);
            AssertClose(actual, ReferenceSoftmax.LogProbabilities(logits, temperature), logits, temperature);
        });

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void LogSumExp_EveryPairOfExtremesAtEveryTemperature_AgreesWithTheReference(string path) =>
        ForEachPairOfExtremes((logits, temperature) =>
        {
            var expected = ReferenceSoftmax.LogSumExp(logits, temperature);
            var actual = ForcedKernel.LogSumExp(path, logits, temperature);
            if (float.IsInfinity((float)expected))
            {
                Assert.Equal((float)expected, actual);
            }
            else
            {
                Assert.Equal(expected, actual, 1.2e-7 + Math.Abs(expected) * Math.ScaleB(1, -24));
            }
        });

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_RowsMixedFromExtremes_AgreeWithTheReference(string path)
    {
        var random = new Random(48);
        for (var trial = 0; trial < 3000; trial++)
        {
            var logits = new float[random.Next(1, 70)];
            for (var i = 0; i < logits.Length; i++)
            {
                logits[i] = Extremes[random.Next(Extremes.Length - 1)];
            }

            var temperature = Temperatures[random.Next(Temperatures.Length)];
            AssertClose(
                ForcedKernel.Compute(path, logits, temperature), ReferenceSoftmax.Probabilities(logits, temperature),
                logits, temperature);
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_ExamplesOfTheContract_AreExact(string path)
    {
        Assert.Equal([1f, 0f], ForcedKernel.Compute(path, [3e38f, -3e38f], 1e-30f));
        Assert.Equal([1f, 0f], ForcedKernel.Compute(path, [100, -100], 1));
        Assert.Equal([0.5f, 0.5f], ForcedKernel.Compute(path, [3e38f, 3e38f], float.Epsilon));
        Assert.Equal([0.5f, 0.5f], ForcedKernel.Compute(path, [0f, -0f], float.Epsilon));
        Assert.Equal([0f, 1f, 0f], ForcedKernel.Compute(path, [-Infinity, -3e38f, -Infinity], 1e30f));
        Assert.Equal([1f], ForcedKernel.Compute(path, [-3.7f], 0.3f));
        Assert.Equal([0f, -200f], ForcedKernel.ComputeLog(path, [100, -100], 1));
        Assert.Equal([0f, -Infinity], ForcedKernel.ComputeLog(path, [1, -Infinity], 2));
        Assert.All(ForcedKernel.Compute(path, Enumerable.Repeat(88f, 1000).ToArray(), 1), p => Assert.Equal(0.001f, p));
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void ComputeLog_CertainClass_IsZeroWithoutAMinus(string path)
    {
        foreach (var other in new[] { -120, -200, -1e30f, float.NegativeInfinity })
        {
            var logits = Enumerable.Repeat(other, 5000).Prepend(0).ToArray();
            Assert.Equal(0, BitConverter.SingleToInt32Bits(ForcedKernel.ComputeLog(path, logits, 1)[0]));
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_MaskedClasses_AreExactlyZeroAndLeaveTheOthersAlone(string path)
    {
        foreach (var temperature in Temperatures)
        {
            var spread = Math.Min(3.0 * temperature, 3e38);
            var kept = LogitSets.Uniform(new Random(49), 50, -spread, spread);
            var masked = new float[100];
            Array.Fill(masked, -Infinity);
            for (var i = 0; i < kept.Length; i++)
            {
                masked[2 * i] = kept[i];
            }

            var probabilities = ForcedKernel.Compute(path, masked, temperature);
            var logProbabilities = ForcedKernel.ComputeLog(path, masked, temperature);

            AssertClose(probabilities, ReferenceSoftmax.Probabilities(masked, temperature), masked, temperature);
            for (var i = 0; i < kept.Length; i++)
            {
                Assert.Equal(0f, probabilities[2 * i + 1]);
                Assert.Equal(-Infinity, logProbabilities[2 * i + 1]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void ComputeAndComputeLog_RowsWithoutASoftmax_AreAllNaN(string path)
    {
        float[][] rows =
        [
            [float.NaN], [Infinity], [-Infinity], [1, float.NaN], [float.NaN, 1], [Infinity, 1], [1, Infinity],
            [Infinity, Infinity],
            [-Infinity, -Infinity], [Infinity, -Infinity], [float.NaN, Infinity], [Infinity, float.NaN],
            [float.NaN, -Infinity],
            [3e38f, float.NaN, -3e38f], Enumerable.Repeat(-Infinity, 100).ToArray(),
            Enumerable.Repeat(float.NaN, 100).ToArray(),
            [.. Enumerable.Repeat(1f, 99), Infinity],
        ];
        foreach (var row in rows)
        {
            foreach (var temperature in Temperatures)
            {
                Assert.All(ForcedKernel.Compute(path, row, temperature), p => Assert.True(float.IsNaN(p)));
                Assert.All(ForcedKernel.ComputeLog(path, row, temperature), p => Assert.True(float.IsNaN(p)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void LogSumExp_Infinities_HaveTheirValue(string path)
    {
        foreach (var temperature in Temperatures)
        {
            Assert.Equal(Infinity, ForcedKernel.LogSumExp(path, [1, Infinity, -Infinity], temperature));
            Assert.Equal(-Infinity, ForcedKernel.LogSumExp(path, [-Infinity, -Infinity], temperature));
            Assert.Equal(float.NaN, ForcedKernel.LogSumExp(path, [Infinity, float.NaN, Infinity], temperature));
            Assert.Equal(float.NaN, ForcedKernel.LogSumExp(path, [-Infinity, float.NaN], temperature));
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_TemperatureAtItsEnds_TendsToOneHotAndToUniform(string path)
    {
        float[] logits = [1, 3, 2.9999998f, -40, 0];
        Assert.Equal([0f, 1f, 0f, 0f, 0f], ForcedKernel.Compute(path, logits, 1e-9f));
        Assert.Equal([0f, 1f, 0f, 0f, 0f], ForcedKernel.Compute(path, logits, float.Epsilon));
        Assert.All(ForcedKernel.Compute(path, logits, 1e12f), p => Assert.Equal(0.2f, p));
        Assert.All(ForcedKernel.Compute(path, logits, float.MaxValue), p => Assert.Equal(0.2f, p));
    }

    private static void ForEachPairOfExtremes(Action<float[], float> check)
    {
        foreach (var temperature in Temperatures)
        {
            foreach (var first in Extremes)
            {
                foreach (var second in Extremes)
                {
                    if (first > float.NegativeInfinity || second > float.NegativeInfinity)
                    {
                        check([first, second], temperature);
                    }
                }
            }
        }
    }

    private static void AssertClose(float[] actual, double[] expected, float[] logits, float temperature)
    {
        var ulps = ReferenceSoftmax.LargestUlps(actual, expected);
        Assert.True(
            ulps <= 4,
            $"{ulps} ULP: softmax([{string.Join(", ", logits)}] / {temperature:R}) = [{string.Join(", ", actual)}]");
    }
}

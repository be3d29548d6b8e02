namespace SoftmaxService.Numerics.Tests;

public sealed class SoftmaxGradientTests
{
    private const float Infinity = float.PositiveInfinity;

    public static TheoryData<string, string> PathsAndSets => ForcedKernel.PathsTimes(LogitSets.Names);

    [Theory]
    [MemberData(nameof(PathsAndSets))]
    public void Gradient_EverySet_AgreesWithTheClosedForm(string path, string set)
    {
        var random = new Random(60);
        for (var row = 0; row < 50; row++)
        {
            var (logits, temperature) = LogitSets.Row(set, random);
            var upstream = LogitSets.Uniform(random, logits.Length, -3, 3);

            var actual = ForcedKernel.Gradient(path, logits, upstream, temperature);

            var p = ReferenceSoftmax.Probabilities(logits, temperature);
            var mean = p.Zip(upstream, (probability, g) => probability * g).Sum();
            for (var i = 0; i < p.Length; i++)
            {
                // Four ULP of p and their effect on the mean, the same in the denormal range; infinity beyond float's
                // range.
                var tolerance = p[i] / temperature * 3 * Math.ScaleB(1, -20) + Math.ScaleB(1, -144) / Math.Min(
                    1, temperature);
                var expected = p[i] * (upstream[i] - mean) / temperature;
                if (Math.Abs(expected) < float.MaxValue)
                {
                    Assert.Equal(expected, actual[i], tolerance);
                }
                else
                {
                    Assert.Equal((float)expected, actual[i]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndSets))]
    public void CrossEntropy_EverySet_AgreesWithTheClosedForm(string path, string set)
    {
        var random = new Random(61);
        for (var row = 0; row < 50; row++)
        {
            var (logits, temperature) = LogitSets.Row(set, random);
            var target = Array.FindIndex(logits, random.Next(logits.Length / 2), float.IsFinite);

            var (loss, gradient) = ForcedKernel.CrossEntropy(path, logits, target, temperature);

            var p = ReferenceSoftmax.Probabilities(logits, temperature);
            Assert.InRange(
                ReferenceSoftmax.Ulps(loss, -ReferenceSoftmax.LogProbabilities(logits, temperature)[target]), 0, 2);
            var others = p.Where((_, i) => i != target).Sum();
            for (var i = 0; i < p.Length; i++)
            {
                var expected = (i == target ? -others : p[i]) / temperature;
                var tolerance = Math.Abs(expected) * Math.ScaleB(1, -21) + Math.ScaleB(1, -148) / Math.Min(
                    1, temperature)
                    * (i == target ? p.Length : 1);
                if (Math.Abs(expected) < float.MaxValue)
                {
                    Assert.Equal(expected, gradient[i], tolerance);
                }
                else
                {
                    Assert.Equal((float)expected, gradient[i]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Gradient_AnyLength_AgreesWithFiniteDifferencesInDouble(string path)
    {
        const double Step = 1e-5;
        foreach (var length in new[] { 1, 2, 5, 10, 16, 17, 33, 100 })
        {
            var random = new Random(length);
            var logits = LogitSets.Uniform(random, length, -4, 4);
            var upstream = LogitSets.Uniform(random, length, -1, 1);
            var gradient = ForcedKernel.Gradient(path, logits, upstream, 1.7f);
            var (loss, lossGradient) = ForcedKernel.CrossEntropy(path, logits, length / 2, 1.7f);
            Assert.Equal(-Math.Log(Probabilities(logits, 0, 0)[length / 2]), loss, 1e-6);
            for (var i = 0; i < length; i++)
            {
                var (after, before) = (Probabilities(logits, i, Step), Probabilities(logits, i, -Step));
                Assert.Equal((Dot(after) - Dot(before)) / (2 * Step), gradient[i], 1e-6);
                Assert.Equal(
                    (Math.Log(before[length / 2]) - Math.Log(after[length / 2])) / (2 * Step), lossGradient[i], 1e-6);
            }

            double Dot(double[] p) => p.Zip(upstream, (probability, g) => probability * g).Sum();
        }

        static double[] Probabilities(float[] logits, int moved, double by)
        {
            var terms = logits.Select((z, i) => Math.Exp((z + (i == moved ? by : 0)) / 1.7f)).ToArray();
            return [.. terms.Select(term => term / terms.Sum())];
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Gradient_MaskedClasses_AreExactlyZeroForAnyUpstream(string path)
    {
        foreach (var count in new[] { 3, 16, 40 })
        {
            var logits = LogitSets.Uniform(new Random(62), count, -3, 3);
            var upstream = LogitSets.Uniform(new Random(63), count, -3, 3);
            (logits[1], upstream[1]) = (-Infinity, Infinity);
            (logits[^1], upstream[^1]) = (-Infinity, float.NaN);

            var gradient = ForcedKernel.Gradient(path, logits, upstream, 0.5f);
            var (_, lossGradient) = ForcedKernel.CrossEntropy(path, logits, 0, 0.5f);

            Assert.Equal([0f, 0f, 0f, 0f], [gradient[1], gradient[^1], lossGradient[1], lossGradient[^1]]);
            Assert.All(gradient, value => Assert.True(float.IsFinite(value)));
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void CrossEntropy_MaskedTarget_LosesInfinitelyWithoutAGradientOfItsOwn(string path)
    {
        var (loss, gradient) = ForcedKernel.CrossEntropy(path, [0, -Infinity, 0], 1, 2);
        Assert.Equal(Infinity, loss);
        Assert.Equal([0.25f, 0f, 0.25f], gradient);
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Gradient_EqualUpstreamForAllClasses_IsZero(string path)
    {
        foreach (var count in new[] { 7, 16, 100 })
        {
            var gradient = ForcedKernel.Gradient(
                path, LogitSets.Uniform(new Random(64), count, -9, 9), [.. Enumerable.Repeat(1f, count)], 1);
            Assert.All(gradient, value => Assert.InRange(Math.Abs(value), 0, 1e-15));
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void CrossEntropy_CertainTarget_KeepsItsDigits(string path)
    {
        var (loss, gradient) = ForcedKernel.CrossEntropy(path, [30, 0, 1], 0, 1);
        var others = Math.Exp(-30) + Math.Exp(-29);
        Assert.Equal(others, loss, others * 1e-6);
        Assert.Equal(-others, gradient[0], others * 1e-6);
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void GradientAndCrossEntropy_RowsWithoutASoftmax_AreAllNaN(string path)
    {
        foreach (
            var row in new float[][]
            {
                [float.NaN, 1],
                [1, Infinity],
                [-Infinity, -Infinity],
                [1, .. Enumerable.Repeat(2f, 40), float.NaN],
            })
        {
            foreach (var temperature in new[] { 1, 1e-40f })
            {
                Assert.All(
                    ForcedKernel.Gradient(path, row, new float[row.Length], temperature),
                    value => Assert.True(float.IsNaN(value)));
                var (loss, gradient) = ForcedKernel.CrossEntropy(path, row, 0, temperature);
                Assert.All(gradient, value => Assert.True(float.IsNaN(value)));
                Assert.True(float.IsNaN(loss));
            }
        }
    }

    [Fact]
    public void Rows_EachRow_IsTheRowAloneInPlaceAndAtItsTemperature()
    {
        float[] temperatures = [1, 0.5f, 1e-40f, 100];
        int[] targets = [0, 9, 4, 2];
        var logits = LogitSets.Uniform(new Random(65), 40, -5, 5);
        var upstream = LogitSets.Uniform(new Random(66), 40, -5, 5);
        var (gradients, lossGradients, losses) = (logits.ToArray(), logits.ToArray(), new float[4]);
        Softmax.GradientRows(gradients, upstream, gradients, 10, temperatures);
        Softmax.CrossEntropyRows(lossGradients, targets, losses, lossGradients, 10, temperatures);

        var alone = new float[10];
        for (var row = 0; row < 4; row++)
        {
            Softmax.Gradient(logits.AsSpan(10 * row, 10), upstream.AsSpan(10 * row, 10), alone, temperatures[row]);
            Assert.Equal(alone, gradients[(10 * row)..(10 * row + 10)]);
            Assert.Equal(
                losses[row], Softmax.CrossEntropy(logits.AsSpan(10 * row, 10), targets[row], alone, temperatures[row]));
            Assert.Equal(alone, lossGradients[(10 * row)..(10 * row + 10)]);
        }

        Softmax.GradientRows(logits, upstream, gradients, 10);
        Softmax.Gradient(logits.AsSpan(30), upstream.AsSpan(30), alone);
        Assert.Equal(alone, gradients[30..]);
        Softmax.CrossEntropyRows(logits, targets, losses, gradients, 10);
        Assert.Equal(losses[3], Softmax.CrossEntropy(logits.AsSpan(30), 2, alone));
        Assert.Equal(alone, gradients[30..]);
    }

    [Fact]
    public void GradientAndCrossEntropy_WrongArguments_AreRejectedByName()
    {
        var memory = new float[8];
        Assert.Throws<ArgumentException>("logits", () => Softmax.Gradient([], [], memory));
        Assert.Throws<ArgumentException>("upstream", () => Softmax.Gradient([1, 2], [1], memory));
        Assert.Throws<ArgumentException>("gradient", () => Softmax.Gradient([1, 2], [1, 2], new float[1]));
        Assert.Throws<ArgumentException>("gradient", () => Softmax.Gradient([1, 2], memory.AsSpan(0, 2), memory));
        Assert.Throws<ArgumentException>(
            "gradient", () => Softmax.Gradient(memory.AsSpan(0, 4), new float[4], memory.AsSpan(1)));
        Assert.Throws<ArgumentOutOfRangeException>("temperature", () => Softmax.Gradient([1, 2], [1, 2], memory, 0));
        Assert.Throws<ArgumentException>("logits", () => Softmax.CrossEntropy([], 0, memory));
        Assert.Throws<ArgumentOutOfRangeException>("target", () => Softmax.CrossEntropy([1, 2], 2, memory));
        Assert.Throws<ArgumentOutOfRangeException>("target", () => Softmax.CrossEntropy([1, 2], -1, memory));
        Assert.Throws<ArgumentOutOfRangeException>(
            "temperature", () => Softmax.CrossEntropy([1, 2], 1, memory, float.NaN));
        Assert.Throws<ArgumentException>(
            "targets", () => Softmax.CrossEntropyRows([1, 2], [], new float[1], memory, 2));
        Assert.Throws<ArgumentOutOfRangeException>(
            "targets", () => Softmax.CrossEntropyRows([1, 2], [2], new float[1], memory, 2));
        Assert.Throws<ArgumentException>("losses", () => Softmax.CrossEntropyRows([1, 2], [0], [], memory, 2));
        Assert.Throws<ArgumentException>(
            "losses", () => Softmax.CrossEntropyRows([1, 2], [0], memory.AsSpan(0, 1), memory, 2));
        Assert.Throws<ArgumentException>(
            "temperatures", () => Softmax.CrossEntropyRows([1, 2], [0], new float[1], memory, 2, []));
        Assert.Equal(new float[8], memory);
    }
}

namespace SoftmaxService.Numerics.Tests;

public sealed class SoftmaxAccuracyTests
{
    private const double ProbabilityUlps = 4;
    private const double TypicalUlps = 2;
    private const double LogUlps = 2;
    private const double LogSumExpError = 1.2e-7;
    private const double SumError = 1.3e-7;

    public static TheoryData<string, string> PathsAndSets => ForcedKernel.PathsTimes(LogitSets.Names);

    [Theory]
    [MemberData(nameof(PathsAndSets))]
    public void Compute_EverySet_StaysWithinItsUlps(string path, string set)
    {
        var random = new Random(42);
        var (beyondTypical, count) = (0, 0);
        for (var row = 0; row < 100; row++)
        {
            var (logits, temperature) = LogitSets.Row(set, random);
            var expected = ReferenceSoftmax.Probabilities(logits, temperature);

            var actual = ForcedKernel.Compute(path, logits, temperature);

            Assert.InRange(ReferenceSoftmax.LargestUlps(actual, expected), 0, ProbabilityUlps);
            Assert.All(actual, p => Assert.InRange(p, 0f, 1f));
            Assert.InRange(actual.Sum(p => (double)p), 1 - SumError, 1 + SumError);
            beyondTypical += actual.Zip(expected).Count(pair =>
                ReferenceSoftmax.Ulps(pair.First, pair.Second) > TypicalUlps);
            count += actual.Length;
        }

        Assert.InRange(beyondTypical, 0, count / 500);
    }

    [Theory]
    [MemberData(nameof(PathsAndSets))]
    public void ComputeLog_EverySet_StaysWithinItsUlps(string path, string set)
    {
        var random = new Random(43);
        for (var row = 0; row < 100; row++)
        {
            var (logits, temperature) = LogitSets.Row(set, random);
            var actual = ForcedKernel.ComputeLog(path, logits, temperature);
            Assert.InRange(
                ReferenceSoftmax.LargestUlps(actual, ReferenceSoftmax.LogProbabilities(logits, temperature)), 0,
                LogUlps);
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndSets))]
    public void LogSumExp_EverySet_IsRoundedOnce(string path, string set)
    {
        var random = new Random(44);
        for (var row = 0; row < 100; row++)
        {
            var (logits, temperature) = LogitSets.Row(set, random);
            var expected = ReferenceSoftmax.LogSumExp(logits, temperature);
            var tolerance = LogSumExpError + Math.Abs(expected) * Math.ScaleB(1, -24);
            Assert.Equal(expected, ForcedKernel.LogSumExp(path, logits, temperature), tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void ComputeLog_ClassThatIsAllButCertain_KeepsItsDigits(string path)
    {
        foreach (var gap in new[] { 5f, 20f, 46f, 80f, 87f, 100f, 103f })
        {
            float[] logits = [-1.5f, gap - 1.5f, -2.5f];
            var expected = ReferenceSoftmax.LogProbabilities(logits, 1);
            var actual = ForcedKernel.ComputeLog(path, logits, 1);
            Assert.True(actual[1] < 0);
            Assert.InRange(ReferenceSoftmax.LargestUlps(actual, expected), 0, LogUlps);
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_SmallRowsOfEverySpreadAndTemperature_StaysWithinItsUlps(string path)
    {
        var random = new Random(45);
        for (var row = 0; row < 30_000; row++)
        {
            var temperature = (float)Math.Pow(10, random.NextDouble() * 4 - 2);
            var center = (random.NextDouble() - 0.5) * Math.Pow(10, random.NextDouble() * 6 - 1);
            var spread = temperature * Math.Pow(10, random.NextDouble() * 3.5 - 2);
            var logits = LogitSets.Uniform(random, random.Next(2, 40), center - spread, center + spread);
            var expected = ReferenceSoftmax.Probabilities(logits, temperature);
            Assert.InRange(
                ReferenceSoftmax.LargestUlps(ForcedKernel.Compute(path, logits, temperature), expected), 0,
                ProbabilityUlps);
        }
    }

    /// <summary>A sum of few terms does not average their errors, so rows of few classes have the largest.</summary>
    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_ManyRowsOfFewClasses_StaysWithinItsUlps(string path)
    {
        var random = new Random(48);
        foreach (var (classCount, spread, temperature) in new[] { (2, 30.0, 1f), (10, 10.0, 1f), (10, 10.0, 0.3f) })
        {
            for (var row = 0; row < 20_000; row++)
            {
                var logits = LogitSets.Uniform(random, classCount, -spread, spread);
                var expected = ReferenceSoftmax.Probabilities(logits, temperature);
                Assert.InRange(
                    ReferenceSoftmax.LargestUlps(ForcedKernel.Compute(path, logits, temperature), expected), 0,
                    ProbabilityUlps);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_RowsThatRoundTheSameWayEverywhere_SumToOne(string path)
    {
        // A pattern repeated in every pair of vectors makes all partial sums round the same way: the worst case of the
        // sum.
        var random = new Random(46);
        for (var trial = 0; trial < 1000; trial++)
        {
            var pattern = LogitSets.Uniform(random, 1 << random.Next(0, 6), -1, 1);
            var run = 1 << random.Next(0, 5);
            var logits = new float[random.Next(1, 40) * 32];
            for (var i = 0; i < logits.Length; i++)
            {
                logits[i] = pattern[i / run % pattern.Length];
            }

            var sum = ForcedKernel.Compute(path, logits, 1).Sum(p => (double)p);
            Assert.InRange(sum, 1 - SumError, 1 + SumError);
        }
    }

    [Fact]
    public void Compute_SixteenMillionClasses_StaysAccurateOnEveryPath()
    {
        const int Count = 16_000_000;
        var logits = LogitSets.Uniform(new Random(47), Count, -10, 10);
        var expected = ReferenceSoftmax.Probabilities(logits, 1.1f);
        var actual = new float[Count];
        foreach (var path in ForcedKernel.Available)
        {
            ForcedKernel.Compute(path, logits, actual, 1.1f);

            var (largestError, sum) = (0.0, 0.0);
            for (var i = 0; i < Count; i++)
            {
                largestError = Math.Max(largestError, Math.Abs(actual[i] / expected[i] - 1));
                sum += actual[i];
            }

            // An ULP is at least 2^-24 of a normal number, so this bound is no looser than the one in ULP.
            Assert.InRange(largestError, 0, ProbabilityUlps * Math.ScaleB(1, -24));
            Assert.InRange(sum, 1 - SumError, 1 + SumError);
        }
    }

    [Fact]
    public void Compute_FourMillionEqualLogits_IsUniformOnEveryPath()
    {
        const int Count = 1 << 22;
        var logits = new float[Count];
        var actual = new float[Count];
        Array.Fill(logits, 88f);
        foreach (var path in ForcedKernel.Available)
        {
            ForcedKernel.Compute(path, logits, actual, 1);
            Assert.False(actual.AsSpan().ContainsAnyExcept(1f / Count));
        }
    }
}

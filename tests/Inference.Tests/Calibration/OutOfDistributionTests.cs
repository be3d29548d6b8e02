using SoftmaxService.Inference.Calibration;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class OutOfDistributionTests
{
    [Theory]
    [InlineData(new[] { 1f, 2f }, new[] { 3f, 4f }, 1.0)]
    [InlineData(new[] { 3f, 4f }, new[] { 1f, 2f }, 0.0)]
    [InlineData(new[] { 1f }, new[] { 1f }, 0.5)]
    [InlineData(new[] { 1f, 2f, 3f }, new[] { 2f }, 0.5)]
    [InlineData(new[] { 1f, 2f }, new[] { 2f, 0f, 2f }, 3.0 / 6)]
    public void Auroc_ByHand_CountsPairsAndHalvesTies(float[] known, float[] other, double expected) =>
        Assert.Equal(expected, OutOfDistribution.Auroc(known, other), 1e-12);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Auroc_RandomEnergiesWithTies_IsTheShareOfPairs(int seed)
    {
        var random = new Random(seed);
        var known = Enumerable.Range(0, 300).Select(_ => (float)random.Next(-40, 20)).ToArray();
        var other = Enumerable.Range(0, 170).Select(_ => (float)random.Next(-20, 40)).ToArray();
        var pairs = known.Average(a => other.Average(b => a < b ? 1.0 : a == b ? 0.5 : 0));

        Assert.Equal(pairs, OutOfDistribution.Auroc(known, other), 1e-12);
    }

    [Fact]
    public void Auroc_OneSideEmpty_Throws() =>
        Assert.Throws<ArgumentException>(() => OutOfDistribution.Auroc([], [1f]));

    [Theory]
    [InlineData(20, 0.95, 19f, 0.95)]
    [InlineData(21, 0.95, 20f, 20.0 / 21)]
    [InlineData(100, 0.95, 95f, 0.95)]
    [InlineData(1, 0.95, 1f, 1.0)]
    [InlineData(10, 1.0, 10f, 1.0)]
    [InlineData(10, 0.7, 7f, 0.7)]
    public void Threshold_OneToN_IsTheRank(int count, double rate, float threshold, double passed)
    {
        var energies = Enumerable.Range(1, count).Reverse().Select(i => (float)i).ToArray();
        var found = OutOfDistribution.Threshold(energies, rate);

        Assert.Equal((threshold, passed), (found.Threshold, found.TruePositiveRate));
    }

    [Fact]
    public void Threshold_Ties_LetAllOfThemThrough() =>
        Assert.Equal(1.0, OutOfDistribution.Threshold([5f, 5f, 5f], 0.5).TruePositiveRate);

    [Fact]
    public void Threshold_NoEnergiesOrBadRate_Throws()
    {
        Assert.Throws<ArgumentException>(() => OutOfDistribution.Threshold([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => OutOfDistribution.Threshold([1f], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => OutOfDistribution.Threshold([1f], 1.01));
    }

    [Fact]
    public void Energies_AreThoseOfAnAnswer()
    {
        var data = Synthetic.Calibrated(31, 50, 7, 3);
        var energies = OutOfDistribution.Energies(data, 1.3f);
        var probabilities = new float[7];
        for (var row = 0; row < 50; row++)
        {
            Softmax.Compute(data.Row(row), probabilities, 1.3f);
            Assert.Equal(Uncertainty.Measure(data.Row(row), probabilities, 1.3f).Energy, energies[row]);
            Assert.Equal(-1.3 * Math.Log(data.Row(row).ToArray().Sum(z => Math.Exp(z / 1.3))), energies[row], 1e-4);
        }

        Assert.Equal(energies[1], OutOfDistribution.Energies(data.Row(1), 7, 1.3f)[0]);
    }

    [Fact]
    public void Energies_HalfARow_Throws() =>
        Assert.Throws<ArgumentException>(() => OutOfDistribution.Energies([1f, 2f, 3f], 2, 1f));
}

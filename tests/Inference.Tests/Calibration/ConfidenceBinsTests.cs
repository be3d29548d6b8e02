using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class ConfidenceBinsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(15)]
    [InlineData(1000)]
    public void IndexOf_Edges_AreInTheBinBelow(int count)
    {
        var bins = new ConfidenceBins(count);

        Assert.Equal(0, bins.IndexOf(0f));
        Assert.Equal(0, bins.IndexOf(float.Epsilon));
        Assert.Equal(count - 1, bins.IndexOf(1f));
        for (var bin = 0; bin < count - 1; bin++)
        {
            var edge = (float)((bin + 1.0) / count);
            Assert.Equal(bin, bins.IndexOf(edge));
            Assert.Equal(bin, bins.IndexOf(MathF.BitDecrement(edge)));
            Assert.Equal(bin + 1, bins.IndexOf(MathF.BitIncrement(edge)));
        }
    }

    [Fact]
    public void LowerAndUpper_TileTheUnitInterval()
    {
        var bins = new ConfidenceBins(15);

        Assert.Equal((0.0, 1.0), (bins.Lower(0), bins.Upper(14)));
        Assert.All(Enumerable.Range(1, 14), bin => Assert.Equal(bins.Upper(bin - 1), bins.Lower(bin)));
    }
}

using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>What small files take of memory, and give back.</summary>
public sealed class LoadMemoryTests
{
    private const long Gigabyte = 1L << 30;

    [Fact]
    public void Load_ModelThatIsRejectedAfterALargeRun_GivesItsMemoryBack()
    {
        using var folder = new ModelFolder().With("a/1", CostlyModels.ManyClasses(64 << 20));
        var before = Environment.WorkingSet;

        Assert.Contains("2 to 1048576 class scores", folder.Rejection(), StringComparison.Ordinal);

        // Its only run took 768 MB. Other tests run meanwhile.
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 400 << 20);
    }

    [Theory]
    [InlineData(512 << 20, 256 << 20)]
    [InlineData(4 * Gigabyte, 2 * Gigabyte)]
    [InlineData(12 * Gigabyte, uint.MaxValue)]
    [InlineData(16 * Gigabyte, 0)]
    public void LimitFor_AContainer_IsHalfOfItWhereItIsSmall(long available, long limit) =>
        Assert.Equal(limit, SharedArena.LimitFor(available));
}

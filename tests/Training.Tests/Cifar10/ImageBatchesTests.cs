using SoftmaxService.Training.Cifar10;
using SoftmaxService.Training.Data;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests.Cifar10;

public sealed class ImageBatchesTests
{
    /// <summary>Two channels of 3 × 4: 0…11 and 100…111.</summary>
    private static readonly LabelledImages Image = new(
        2, 3, 4, [.. Enumerable.Range(0, 12).Concat(Enumerable.Range(100, 12)).Select(value => (byte)value)], [0]);

    [Fact]
    public void Make_UntouchedImage_IsNormalisedByChannel()
    {
        using var scope = NewDisposeScope();

        var batch = new ImageBatches(Image, 0.5, [1, 50], [2, 4]).Make([new Placement(0)]);

        Assert.Equal([1, 2, 3, 4], batch.shape);
        Assert.Equal(((7 * 0.5f) - 1) / 2, batch[0, 0, 1, 3].item<float>());
        Assert.Equal(((107 * 0.5f) - 50) / 4, batch[0, 1, 1, 3].item<float>());
        Assert.Equal(1, batch.stride()[1]);
    }

    [Theory]
    [InlineData(false, 0, 0, new float[] { 0, 1, 2, 3, /**/ 4, 5, 6, 7, /**/ 8, 9, 10, 11 })]
    [InlineData(true, 0, 0, new float[] { 3, 2, 1, 0, /**/ 7, 6, 5, 4, /**/ 11, 10, 9, 8 })]
    [InlineData(false, 2, 0, new float[] { 2, 3, 2, 1, /**/ 6, 7, 6, 5, /**/ 10, 11, 10, 9 })]
    [InlineData(false, -2, 1, new float[] { 6, 5, 4, 5, /**/ 10, 9, 8, 9, /**/ 6, 5, 4, 5 })]
    [InlineData(true, 1, -1, new float[] { 6, 5, 4, 5, /**/ 2, 1, 0, 1, /**/ 6, 5, 4, 5 })]
    public void Make_MirroredAndShifted_ReflectsAtTheEdges(bool mirrored, int shiftX, int shiftY, float[] expected)
    {
        using var scope = NewDisposeScope();

        var batch = new ImageBatches(Image, 1, [0, 0], [1, 1]).Make([new Placement(0, mirrored, shiftX, shiftY)]);

        Assert.Equal(expected, batch[0, 0].contiguous().data<float>().ToArray());
        Assert.Equal(expected.Select(value => value + 100), batch[0, 1].contiguous().data<float>().ToArray());
    }

    [Fact]
    public void Make_SquareCutOut_IsTheMeanThereAndUntouchedElsewhere()
    {
        using var scope = NewDisposeScope();

        var batch = new ImageBatches(Image, 1, [5, 105], [1, 1]).Make([
            new Placement(0, Mirrored: true, Cut: new Square(1, 1, 2)),
        ]);

        Assert.Equal(
            [
                -2,
                -3,
                -4,
                -5, /**/
                2,
                0,
                0,
                -1, /**/
                6,
                0,
                0,
                3,
            ],
            batch[0, 0].contiguous().data<float>().ToArray());
        Assert.Equal(
            batch[0, 0].contiguous().data<float>().ToArray(),
            batch[0, 1].contiguous().data<float>().ToArray());
    }
}

using SoftmaxService.Training.Mnist;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests.Mnist;

public sealed class AugmentationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void Apply_Digits_KeepsShapeAndRange(int count)
    {
        using var scope = NewDisposeScope();
        var images = Digits(count);

        var augmented = Augment(images, seed: 5);

        Assert.Equal(images.shape, augmented.shape);
        Assert.Equal(ScalarType.Float32, augmented.dtype);
        Assert.InRange(augmented.min().item<float>(), 0f, 1f);
        Assert.InRange(augmented.max().item<float>(), 0.1f, 1f);
    }

    [Fact]
    public void Apply_Digits_ChangesEachButLosesNone()
    {
        using var scope = NewDisposeScope();
        var images = Digits(64);

        var augmented = Augment(images, seed: 5);

        var changed = (augmented - images).abs().amax(1, 2, 3);
        Assert.True(changed.min().item<float>() > 0);
        var ink = augmented.sum(1, 2, 3) / images.sum(1, 2, 3);
        Assert.InRange(ink.min().item<float>(), 0.4f, 1f);
        Assert.InRange(ink.max().item<float>(), 1f, 2.5f);
    }

    [Fact]
    public void Apply_BlankImages_StaysBlank()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(0f, Augment(zeros(8, 1, 28, 28), seed: 5).abs().max().item<float>());
    }

    [Fact]
    public void Apply_SameSeed_GivesTheSameImages()
    {
        using var scope = NewDisposeScope();
        var images = Digits(8);

        Assert.True(Augment(images, seed: 5).equal(Augment(images, seed: 5)).all().item<bool>());
        Assert.False(Augment(images, seed: 5).equal(Augment(images, seed: 6)).all().item<bool>());
    }

    private static Tensor Augment(Tensor images, ulong seed)
    {
        using var generator = new Generator(seed);
        return new Augmentation(generator).Apply(images);
    }

    private static Tensor Digits(int count) =>
        tensor(Drawings.RingsAndBars(count).Pixels).view(count, 1, 28, 28).to_type(ScalarType.Float32) / 255f;
}

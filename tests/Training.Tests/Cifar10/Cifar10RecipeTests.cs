using SoftmaxService.Training.Cifar10;

namespace SoftmaxService.Training.Tests.Cifar10;

public sealed class Cifar10RecipeTests
{
    [Theory]
    [InlineData(0, 0.2)]
    [InlineData(0.23, 1)]
    [InlineData(0.615, 0.535)]
    [InlineData(1, 0.07)]
    public void LearningRate_Progress_IsATriangle(double progress, double share) =>
        Assert.Equal(share * Cifar10Recipe.PeakLearningRate, Cifar10Recipe.LearningRate(progress), 1e-9);

    [Fact]
    public void PeakLearningRate_IsThePublishedOneAnExample() =>
        Assert.Equal(1.465e-3, Cifar10Recipe.PeakLearningRate, 1e-6);

    [Fact]
    public void WeightDecay_TimesTheLearningRate_IsTheSameForAllParameters() => Assert.Equal(
        Cifar10Recipe.WeightDecay(1) * Cifar10Recipe.PeakLearningRate,
        Cifar10Recipe.WeightDecay(64) * Cifar10Recipe.PeakLearningRate * 64,
        1e-12);

    [Fact]
    public void LookaheadDecay_Progress_GrowsFromNothing() =>
        Assert.Equal(
            (0, true),
            (Cifar10Recipe.LookaheadDecay(0), Cifar10Recipe.LookaheadDecay(1) is > 0.77 and < 0.78));
}

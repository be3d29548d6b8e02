using SoftmaxService.Training.Mnist;

namespace SoftmaxService.Training.Tests.Mnist;

public sealed class MnistRecipeTests
{
    [Fact]
    public void LearningRate_OverARun_RisesToThePeakAndFallsToZero()
    {
        Assert.Equal(0, MnistRecipe.LearningRate(0));
        Assert.Equal(MnistRecipe.PeakLearningRate / 2, MnistRecipe.LearningRate(MnistRecipe.WarmUpShare / 2), 12);
        Assert.Equal(MnistRecipe.PeakLearningRate, MnistRecipe.LearningRate(MnistRecipe.WarmUpShare), 12);
        Assert.Equal(0, MnistRecipe.LearningRate(1), 12);
    }
}

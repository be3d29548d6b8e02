using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Tests.Recipes;

public sealed class RecipeCatalogTests
{
    [Fact]
    public void EveryRecipeStatesItsScalingAndItsSourceUnderANameOfItsOwn()
    {
        Assert.Equal(RecipeCatalog.All.Count, RecipeCatalog.All.Select(recipe => recipe.Name).Distinct().Count());
        Assert.All(RecipeCatalog.All, recipe =>
        {
            Assert.NotEmpty(recipe.Source);
            Assert.Same(recipe, RecipeCatalog.Find(recipe.Name));
            Assert.True(recipe.Fits(3));
            var input = recipe.For(3, 224, 224);
            Assert.True(input is { Scale: not null, Mean: not null, Std: not null });
            Assert.Equal(input.Resize == ResizeMode.Crop, input.ResizeTo is not null);
        });
        Assert.Null(RecipeCatalog.Find("Torchvision"));
    }

    [Theory]
    [InlineData("torchvision", 224, 256)]
    [InlineData("timm", 299, 341)]
    [InlineData("clip", 336, 336)]
    public void TheSizeBeforeTheCropFollowsTheModels(string name, int side, int before) =>
        Assert.Equal(ResizeTarget.Shorter(before), RecipeCatalog.Find(name)!.For(3, side, side).ResizeTo);

    [Fact]
    public void OnlyRecipesOfOneValueFitGrey()
    {
        string[] fitting = [.. RecipeCatalog.All.Where(recipe => recipe.Fits(1)).Select(recipe => recipe.Name)];

        Assert.Equal(
            ["keras-tf", "ultralytics", "mnist", "fashion-mnist", "unit", "signed", "bytes"], fitting);
        Assert.All(fitting, name => Assert.Null(RecipeCatalog.Find(name)!.For(1, 28, 28).Color));
    }

    [Theory]
    [InlineData("keras-tf", 0, -1f, 1f)]
    [InlineData("keras-caffe", 0, -103.939f, 151.061f)]
    [InlineData("torchvision", 0, -2.117904f, 2.248908f)]
    [InlineData("mnist", 0, -0.424213f, 2.821487f)]
    [InlineData("bytes", 0, 0f, 255f)]
    public void BlackAndWhiteBecomeTheMakersNumbers(string name, int channel, float black, float white)
    {
        var input = RecipeCatalog.Find(name)!.For(3, 224, 224);

        Assert.Equal(black, Element(0), 1e-4f);
        Assert.Equal(white, Element(255), 1e-4f);

        float Element(int pixel) =>
            (float)(((pixel * input.Scale!.Value) - Of(input.Mean!)) / Of(input.Std!)); // every recipe states them

        float Of(IReadOnlyList<float> values) => values.Count == 1 ? values[0] : values[channel];
    }
}

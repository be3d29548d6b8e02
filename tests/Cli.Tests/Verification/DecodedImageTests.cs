using SoftmaxService.Cli.Verification;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Tests.Verification;

public sealed class DecodedImageTests
{
    private static readonly ImageInput Colour = new()
    {
        Channels = 3,
        Height = 40,
        Width = 48,
        Color = PixelColor.Rgb,
        Mean = [0.4f, 0.5f, 0.6f],
        Std = [0.2f, 0.3f, 0.4f],
        Background = [10, 200, 90],
    };

    private static readonly ImageInput Grey = new()
    {
        Channels = 1,
        Height = 28,
        Width = 28,
        Color = PixelColor.Gray,
        Mean = [0.1f],
        Std = [0.3f],
    };

    /// <summary>However many recipes share the pixels, each gets the tensor that the service makes.</summary>
    [Theory]
    [InlineData("photo.jpg")]
    [InlineData("exif6.jpg")]
    [InlineData("gray-alpha.png")]
    [InlineData("alpha.webp")]
    public void EveryRecipeGetsItsOwnTensor(string name)
    {
        var encoded = File.ReadAllBytes(Repository.PathOf($"tests/Inference.Tests/Imaging/References/{name}"));
        foreach (var served in new[] { Colour, Grey })
        {
            using var image = new DecodedImage(encoded, served);
            ImageInput[] recipes =
            [
                .. RecipeVariations.Framings(served).SelectMany(RecipeVariations.UsualMethods)
                    .Concat(RecipeVariations.Filters(served)),
                served with { Background = [0, 0, 0], Filter = ImageFilter.Nearest },
                served with { Color = served.Channels == 3 ? PixelColor.Bgr : PixelColor.Gray, Round = true },
            ];
            foreach (var recipe in recipes)
            {
                var expected = new float[recipe.ElementCount];
                new ImagePreprocessor(recipe).Preprocess(encoded, expected);

                Assert.Equal(expected, image.TensorBy(recipe));
            }
        }
    }
}

using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class PhotographFramerTests
{
    [Theory]
    [InlineData(ResizeMode.Stretch)]
    [InlineData(ResizeMode.Fit)]
    [InlineData(ResizeMode.Crop)]
    public void Preprocess_RightSize_ChangesNoPixel(ResizeMode resize)
    {
        var tensor = PlainPixels.Run(
            PlainPixels.Photograph(37, 21, resize: resize), EncodedImages.Encode(37, 21, EncodedImages.Colorful));

        for (var i = 0; i < 37 * 21; i++)
        {
            ImageDecoderTests.AssertColor(
                EncodedImages.Colorful(i % 37, i / 37), tensor, i % 37, i / 37, 37, "same size");
        }
    }

    [Theory]
    [InlineData(640, 8)]
    [InlineData(640, 7)]
    [InlineData(643, 28)]
    [InlineData(1000, 224)]
    public void Preprocess_FineChecks_ShrinkToTheirMean(int size, int target)
    {
        // Sampling points or a fixed neighbourhood of this image would give black and white stripes.
        var file = EncodedImages.Encode(size, size, (x, y) => (x + y) % 2 == 0 ? SKColors.White : SKColors.Black);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(target, target, PixelColor.Gray), file);

        Assert.All(tensor, value => Assert.InRange(value, 127.5f - 2, 127.5f + 2));
    }

    [Fact]
    public void Preprocess_Shrunk_EqualsTheTriangleFilterWrittenOut()
    {
        const int From = 50, To = 12;
        var values = Enumerable.Range(0, From).Select(x => (byte)(x * 37 % 256)).ToArray();

        var tensor = PlainPixels.Run(
            PlainPixels.Photograph(To, 1, PixelColor.Gray), EncodedImages.Png(From, 1, 8, 0, values));

        const double Scale = (double)From / To;
        for (var i = 0; i < To; i++)
        {
            double sum = 0, weights = 0;
            for (var x = 0; x < From; x++)
            {
                var weight = Math.Max(0, 1 - (Math.Abs(x + 0.5 - ((i + 0.5) * Scale)) / Scale));
                sum += weight * values[x];
                weights += weight;
            }

            Assert.Equal(sum / weights, tensor[i], 0.01);
        }
    }

    [Fact]
    public void Preprocess_Enlarged_InterpolatesBetweenPixels()
    {
        var tensor = PlainPixels.Run(
            PlainPixels.Photograph(4, 1, PixelColor.Gray), EncodedImages.Png(2, 1, 8, 0, [0, 200]));

        Assert.Equal([0, 50, 150, 200], PlainPixels.Rounded(tensor));
    }

    [Fact]
    public void Preprocess_Fit_KeepsAllAndFillsWithBlack()
    {
        var file = EncodedImages.Encode(
            60, 20, (x, _) => x < 20 ? SKColors.Red : x < 40 ? SKColors.Lime : SKColors.Blue);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(30, 30, resize: ResizeMode.Fit), file);

        ImageDecoderTests.AssertColor(SKColors.Black, tensor, 15, 9, 30, "bar above");
        ImageDecoderTests.AssertColor(SKColors.Black, tensor, 15, 20, 30, "bar below");
        ImageDecoderTests.AssertColor(SKColors.Red, tensor, 0, 10, 30, "left");
        ImageDecoderTests.AssertColor(SKColors.Lime, tensor, 15, 15, 30, "middle");
        ImageDecoderTests.AssertColor(SKColors.Blue, tensor, 29, 19, 30, "right");
    }

    [Fact]
    public void Preprocess_Crop_KeepsTheMiddle()
    {
        var file = EncodedImages.Encode(
            60, 20, (x, _) => x < 20 ? SKColors.Red : x < 40 ? SKColors.Lime : SKColors.Blue);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(10, 10, resize: ResizeMode.Crop), file);

        for (var x = 1; x < 9; x++)
        {
            ImageDecoderTests.AssertColor(SKColors.Lime, tensor, x, 5, 10, $"column {x}", tolerance: 0.01f);
        }
    }

    [Fact]
    public void Preprocess_Stretch_KeepsAllOfBothAxes()
    {
        var file = EncodedImages.Encode(
            60, 20,
            (x, y) => x < 30 ? (y < 10 ? SKColors.Red : SKColors.Lime) : (y < 10 ? SKColors.Blue : SKColors.White));

        var tensor = PlainPixels.Run(PlainPixels.Photograph(8, 8), file);

        ImageDecoderTests.AssertColor(SKColors.Red, tensor, 0, 0, 8, "top left", tolerance: 0.01f);
        ImageDecoderTests.AssertColor(SKColors.Blue, tensor, 7, 0, 8, "top right", tolerance: 0.01f);
        ImageDecoderTests.AssertColor(SKColors.Lime, tensor, 0, 7, 8, "bottom left", tolerance: 0.01f);
        ImageDecoderTests.AssertColor(SKColors.White, tensor, 7, 7, 8, "bottom right", tolerance: 0.01f);
    }

    [Fact]
    public void Preprocess_Transparency_LiesOnWhite()
    {
        var file = EncodedImages.Encode(
            3, 1, (x, _) => new SKColor(200, 100, 0, (byte)(x * 51)), alpha: SKAlphaType.Unpremul);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(3, 1), file);

        ImageDecoderTests.AssertColor(SKColors.White, tensor, 0, 0, 3, "transparent");
        ImageDecoderTests.AssertColor(new SKColor(244, 224, 204), tensor, 1, 0, 3, "one fifth", tolerance: 1);
        ImageDecoderTests.AssertColor(new SKColor(233, 193, 153), tensor, 2, 0, 3, "two fifths", tolerance: 1);
    }
}

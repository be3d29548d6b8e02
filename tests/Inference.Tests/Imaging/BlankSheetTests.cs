using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>Pictures without a digit.</summary>
public sealed class BlankSheetTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(28, 28)]
    [InlineData(280, 280)]
    [InlineData(300, 20)]
    public void Preprocess_BlankSheet_IsAllBackground(int width, int height)
    {
        foreach (
            var paper in new[] { SKColors.White, SKColors.Black, SKColors.Gray, SKColors.Beige, SKColors.Transparent })
        {
            var file = EncodedImages.Draw(width, height, paper, _ => { });

            Assert.All(PlainPixels.RunDigit(file), value => Assert.Equal(0, value));
            Assert.All(
                PlainPixels.Run(PlainPixels.Digit(foreground: Foreground.Dark), file),
                value => Assert.Equal(255, value));
        }
    }

    [Fact]
    public void Preprocess_SpeckOnAnEmptySheet_IsNotInk()
    {
        var file = EncodedImages.Draw(280, 280, SKColors.White, canvas =>
        {
            using var speck = new SKPaint { Color = SKColors.Black };
            canvas.DrawRect(100, 150, 4, 4, speck);
        });

        Assert.All(PlainPixels.RunDigit(file), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    public void Preprocess_NoiseOnAnEmptySheet_IsNotInk(SKEncodedImageFormat format)
    {
        var random = new Random(3);
        var file = EncodedImages.Encode(300, 300, (_, _) =>
        {
            var value = (byte)(200 + random.Next(-12, 13));
            return new SKColor(value, value, value);
        }, format, 85);

        Assert.All(PlainPixels.RunDigit(file), value => Assert.Equal(0, value));
    }
}

using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class InputPictureTests
{
    private const int Width = 13;
    private const int Height = 7;

    // The offset of a PNG's colour type: 0 is grey, 2 is RGB.
    private const int ColorType = 25;

    [Theory]
    [InlineData(PixelColor.Rgb, TensorLayout.ChannelsFirst)]
    [InlineData(PixelColor.Rgb, TensorLayout.ChannelsLast)]
    [InlineData(PixelColor.Rgb, TensorLayout.Flat)]
    [InlineData(PixelColor.Bgr, TensorLayout.ChannelsFirst)]
    [InlineData(PixelColor.Bgr, TensorLayout.ChannelsLast)]
    [InlineData(PixelColor.Bgr, TensorLayout.Flat)]
    public void Encode_EveryLayoutAndOrderOfColors_GivesThePixelsBack(PixelColor color, TensorLayout layout)
    {
        var input = PlainPixels.Photograph(Width, Height, color, layout: layout) with
        {
            Scale = 1 / 255f,
            Mean = [0.485f, 0.456f, 0.406f],
            Std = [0.229f, 0.224f, -0.225f],
        };

        var png = InputPicture.Encode(
            input, PlainPixels.Run(input, EncodedImages.Encode(Width, Height, EncodedImages.Colorful)));

        using var picture = SKBitmap.Decode(png);
        Assert.Equal((Width, Height, 2), (picture.Width, picture.Height, png[ColorType]));
        Assert.All(
            Enumerable.Range(0, Width * Height),
            i => Assert.Equal(EncodedImages.Colorful(i % Width, i / Width), picture.GetPixel(i % Width, i / Width)));
    }

    [Theory]
    [InlineData(1f, 0f, 1f)]
    [InlineData(1 / 255f, 0.1307f, 0.3081f)]
    [InlineData(-2 / 255f, -1f, 0.5f)]
    public void Encode_Grey_GivesThePixelsBack(float scale, float mean, float std)
    {
        byte[] pixels = [.. Enumerable.Range(0, 256).Select(i => (byte)(i * 7))];
        var input = PlainPixels.Photograph(16, 16, PixelColor.Gray) with
        {
            Scale = scale,
            Mean = [mean],
            Std = [std],
        };

        var png = InputPicture.Encode(input, PlainPixels.Run(input, EncodedImages.Png(16, 16, 8, 0, pixels)));

        using var picture = SKBitmap.Decode(png);
        Assert.Equal((SKColorType.Gray8, 0), (picture.ColorType, png[ColorType]));
        Assert.Equal(pixels, picture.Bytes);
    }

    [Fact]
    public void Encode_ValueOutOfRange_IsClampedAndRounded()
    {
        var input = PlainPixels.Photograph(7, 1, PixelColor.Gray);

        using var picture = SKBitmap.Decode(
            InputPicture.Encode(
                input, [-1, 256, 0.4f, 254.6f, float.NegativeInfinity, float.PositiveInfinity, float.NaN]));

        Assert.Equal([0, 255, 0, 255, 0, 255, 0], picture.Bytes.Select(value => (int)value));
    }
}

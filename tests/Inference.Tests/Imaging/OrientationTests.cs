using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class OrientationTests
{
    // The corner colours of an upright image of 48 × 32 pixels.
    private static readonly SKColor[] Corners = [SKColors.Red, SKColors.Lime, SKColors.Blue, SKColors.White];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Preprocess_ExifOrientation_ShowsThePictureUpright(int orientation)
    {
        var file = EncodedImages.WithExifOrientation(Stored(orientation), orientation);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(48, 32), file);

        ImageDecoderTests.AssertColor(Corners[0], tensor, 4, 4, 48, "top left", tolerance: 12);
        ImageDecoderTests.AssertColor(Corners[1], tensor, 43, 4, 48, "top right", tolerance: 12);
        ImageDecoderTests.AssertColor(Corners[2], tensor, 4, 27, 48, "bottom left", tolerance: 12);
        ImageDecoderTests.AssertColor(Corners[3], tensor, 43, 27, 48, "bottom right", tolerance: 12);
    }

    [Theory]
    [InlineData(ResizeMode.Fit, 1)]
    [InlineData(ResizeMode.Fit, 6)]
    [InlineData(ResizeMode.Fit, 7)]
    [InlineData(ResizeMode.Crop, 1)]
    [InlineData(ResizeMode.Crop, 3)]
    [InlineData(ResizeMode.Crop, 8)]
    public void Preprocess_RotatedPicture_IsFramedAsTheUprightOneIs(ResizeMode resize, int orientation)
    {
        var input = PlainPixels.Photograph(20, 20, resize: resize);

        var upright = PlainPixels.Run(input, Stored(1));
        var rotated = PlainPixels.Run(input, EncodedImages.WithExifOrientation(Stored(orientation), orientation));

        // JPEG blocks lie differently on a rotated image, so their edges may differ a little.
        for (var i = 0; i < upright.Length; i++)
        {
            Assert.InRange(rotated[i], upright[i] - 16, upright[i] + 16);
        }
    }

    private static byte[] Stored(int orientation)
    {
        var (width, height) = orientation >= 5 ? (32, 48) : (48, 32);
        return EncodedImages.Encode(width, height, (column, row) =>
        {
            var (x, y) = EncodedImages.Upright(column, row, width, height, orientation);
            return Corners[(x < 24 ? 0 : 1) + (y < 16 ? 0 : 2)];
        }, SKEncodedImageFormat.Jpeg, 98);
    }
}

using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class ImageFormatsTests
{
    [Fact]
    public void Names_ListEveryFormat() => Assert.Equal("PNG, JPEG, WebP, GIF, BMP or ICO", ImageFormats.Names);

    [Fact]
    public void Identify_EveryFormat_IsFoundByItsSignature()
    {
        Assert.Same(ImageFormats.Png, ImageFormats.Identify(EncodedImages.EmptyPng(1, 1)));
        Assert.Same(ImageFormats.Jpeg, ImageFormats.Identify(EncodedImages.ProgressiveJpeg));
        Assert.Same(
            ImageFormats.WebP,
            ImageFormats.Identify(EncodedImages.Encode(2, 2, EncodedImages.Colorful, SKEncodedImageFormat.Webp)));
        Assert.Same(ImageFormats.Gif, ImageFormats.Identify(EncodedImages.Gif(2, 2, [SKColors.Red], (_, _) => 0)));
        Assert.Same(ImageFormats.Bmp, ImageFormats.Identify(EncodedImages.Bmp(2, 2, EncodedImages.Colorful)));
        Assert.Same(ImageFormats.Ico, ImageFormats.Identify(EncodedImages.Icon((16, SKColors.Red))));
    }

    [Fact]
    public void Identify_EveryPrefixOfASignature_DoesNotThrow()
    {
        var png = EncodedImages.EmptyPng(1, 1);
        for (var length = 0; length < 8; length++)
        {
            Assert.Null(ImageFormats.Identify(png.AsSpan(0, length)));
        }

        Assert.Same(ImageFormats.Png, ImageFormats.Identify(png.AsSpan(0, 8)));
    }

    public static TheoryData<string, byte[]> Others => new()
    {
        { "TIFF", [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0] },
        { "TIFF", [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8] },
        { "HEIC", [0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0] },
        { "AVIF", [0, 0, 0, 24, .. "ftypavif"u8, 0, 0, 0, 0] },
        { "PDF", [.. "%PDF-1.7\n"u8] },
        { "text", [.. "<svg xmlns='http://www.w3.org/2000/svg'/>"u8] },
        { "text", [.. "BMW is a car, not a bitmap"u8] },
        { "text", [.. "RIFFling through WEBP files"u8] },
        { "not of an image format", [.. "RIFF"u8, 4, 0, 0, 0, .. "WAVE"u8] },
        { "not of an image format", [0, 0, 2, 0, 1, 0, 16, 16] },
        { "not of an image format", [0] },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Preprocess_AnotherFormat_IsRejectedWithTheListOfFormats(string kind, byte[] bytes)
    {
        var exception = PlainPixels.Fail(bytes);

        Assert.Equal(InferenceError.ImageFormatUnsupported, exception.Error);
        Assert.Contains(kind, exception.Message, StringComparison.Ordinal);
        Assert.Contains(ImageFormats.Names, exception.Message, StringComparison.Ordinal);
    }
}

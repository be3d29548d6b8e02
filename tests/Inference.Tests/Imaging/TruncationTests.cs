using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>A file cut anywhere is either rejected, or the missing part is not part of the image.</summary>
public sealed class TruncationTests
{
    private const int Width = 45;
    private const int Height = 37;

    public static TheoryData<string> Files => [.. AllFiles.Keys];

    private static Dictionary<string, byte[]> AllFiles { get; } = new()
    {
        ["PNG"] = EncodedImages.Encode(Width, Height, EncodedImages.Colorful),
        ["PNG with alpha"] = EncodedImages.Encode(
            Width,
            Height,
            (x, y) => EncodedImages.Colorful(x, y).WithAlpha((byte)(x + y)),
            alpha: SKAlphaType.Unpremul),
        ["interlaced PNG"] = EncodedImages.InterlacedPng(Width, Height, EncodedImages.Colorful),
        ["JPEG"] = EncodedImages.Encode(Width, Height, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 80),
        ["progressive JPEG"] = EncodedImages.ProgressiveJpeg,
        ["JPEG with thumbnail marker"] = WithEndMarkerInHeader(EncodedImages.ProgressiveJpeg),
        ["CMYK JPEG"] = EncodedImages.CmykJpeg,
        ["large JPEG"] = EncodedImages.Encode(160, 160, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 20),
        ["lossy WebP"] = EncodedImages.Encode(Width, Height, EncodedImages.Colorful, SKEncodedImageFormat.Webp, 70),
        ["lossless WebP"] = EncodedImages.Encode(Width, Height, EncodedImages.Colorful, SKEncodedImageFormat.Webp, 100),
        ["animated WebP"] = EncodedImages.AnimatedWebP(
            Width,
            Height,
            EncodedImages.Encode(Width, Height, EncodedImages.Colorful, SKEncodedImageFormat.Webp, 70),
            EncodedImages.Encode(Width, Height, (_, _) => SKColors.Red, SKEncodedImageFormat.Webp, 70)),
        ["GIF"] = EncodedImages.Gif(Width, Height, [SKColors.Red, SKColors.Lime, SKColors.Blue], (x, y) => x * y % 3),
        ["animated GIF"] = EncodedImages.Gif(
            Width, Height, [SKColors.Red, SKColors.Lime, SKColors.Blue], (x, y) => x * y % 3, (_, _) => 1),
        ["BMP"] = EncodedImages.Bmp(Width, Height, EncodedImages.Colorful),
        ["ICO"] = EncodedImages.Icon((16, SKColors.Red), (32, SKColors.Blue)),
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Preprocess_CutAnywhere_IsRejectedOrUnharmed(string name)
    {
        var file = AllFiles[name];
        var preprocessor = new ImagePreprocessor(PlainPixels.Photograph(Width, Height));
        var step = 1 + (file.Length / 400);
        var whole = new float[preprocessor.Input.ElementCount];
        var cut = new float[whole.Length];
        preprocessor.Preprocess(file, whole);

        int rejected = 0, tried = 0;
        for (var length = 1; length < file.Length; length++)
        {
            if (length > 100 && length < file.Length - 100 && length % step != 0)
            {
                continue;
            }

            tried++;
            try
            {
                preprocessor.Preprocess(file.AsSpan(0, length), cut);
                Assert.True(
                    whole.AsSpan().SequenceEqual(cut),
                    $"{name} cut to {length} of {file.Length} bytes gave another image.");
            }
            catch (InferenceException exception)
            {
                rejected++;
                Assert.True(
                    exception.Error is InferenceError.ImageUndecodable
                        || (exception.Error is InferenceError.ImageFormatUnsupported && length < 18),
                    $"{name} cut to {length} bytes: {exception.Message}");
            }
        }

        Assert.True(rejected > tried / 4, $"Only {rejected} of {tried} cuts were noticed.");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Preprocess_CutInHalf_IsUndecodable(string name)
    {
        var file = AllFiles[name];

        // Half of an animation may contain its first frame.
        var part = name.StartsWith("animated", StringComparison.Ordinal) ? file.Length / 4 : file.Length / 2;

        Assert.Equal(InferenceError.ImageUndecodable, PlainPixels.Fail(file[..part]).Error);
    }

    [Fact]
    public void Preprocess_BytesAfterTheEndOfAJpeg_AreIgnored()
    {
        var input = PlainPixels.Photograph(Width, Height);

        var tensor = PlainPixels.Run(input, [.. EncodedImages.ProgressiveJpeg, .. "and more"u8]);

        Assert.Equal(PlainPixels.Run(input, EncodedImages.ProgressiveJpeg), tensor);
    }

    private static byte[] WithEndMarkerInHeader(byte[] jpeg) =>
        [.. jpeg[..2], 0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9, .. jpeg[2..]];
}

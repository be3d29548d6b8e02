using System.Buffers.Binary;
using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class ImageDecoderTests
{
    private const int Width = 45;
    private const int Height = 37;

    private static readonly SKColor[] Palette = [SKColors.Red, SKColors.Lime, SKColors.Blue, SKColors.White];

    public static TheoryData<string, byte[]> LosslessFiles => new()
    {
        { "PNG", EncodedImages.Encode(Width, Height, EncodedImages.Colorful) },
        { "interlaced PNG", EncodedImages.InterlacedPng(Width, Height, EncodedImages.Colorful) },
        {
            "16-bit PNG",
            EncodedImages.Png(
                Width,
                Height,
                16,
                2,
                Scanlines(color => [color.Red, color.Red, color.Green, color.Green, color.Blue, color.Blue]))
        },
        { "WebP", LosslessWebP(EncodedImages.Colorful) },
        {
            "animated WebP",
            EncodedImages.AnimatedWebP(
                Width, Height, LosslessWebP(EncodedImages.Colorful), LosslessWebP((_, _) => SKColors.Red))
        },
        { "BMP", EncodedImages.Bmp(Width, Height, EncodedImages.Colorful) },
    };

    [Theory]
    [MemberData(nameof(LosslessFiles))]
    public void Preprocess_LosslessFile_KeepsEveryPixel(string name, byte[] file)
    {
        var tensor = PlainPixels.Run(PlainPixels.Photograph(Width, Height), file);

        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                AssertColor(EncodedImages.Colorful(x, y), tensor, x, y, Width, $"{name} at {x}, {y}");
            }
        }
    }

    [Fact]
    public void Preprocess_PalettePng_LooksColorsUp()
    {
        // Two bits per pixel: the four colours in order.
        byte[] colors = [.. Palette.SelectMany(color => new[] { color.Red, color.Green, color.Blue })];
        var tensor = PlainPixels.Run(
            PlainPixels.Photograph(4, 1), EncodedImages.Png(4, 1, 2, 3, [0b00_01_10_11], ("PLTE", colors)));

        for (var x = 0; x < 4; x++)
        {
            AssertColor(Palette[x], tensor, x, 0, 4, "palette");
        }
    }

    [Fact]
    public void Preprocess_TransparentPaletteEntry_LiesOnWhite()
    {
        byte[] colors = [255, 0, 0, 0, 0, 255];
        var file = EncodedImages.Png(2, 1, 8, 3, [0, 1], ("PLTE", colors), ("tRNS", [255, 0]));

        var tensor = PlainPixels.Run(PlainPixels.Photograph(2, 1), file);

        Assert.Equal([255, 0, 0, 255, 255, 255], tensor);
    }

    [Fact]
    public void Preprocess_SixteenBitGray_KeepsTheHighByte()
    {
        var scanline = new byte[8];
        for (var x = 0; x < 4; x++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(scanline.AsSpan(2 * x), (ushort)(x * 257 * 80));
        }

        var tensor = PlainPixels.Run(
            PlainPixels.Photograph(4, 1, PixelColor.Gray), EncodedImages.Png(4, 1, 16, 0, scanline));

        Assert.Equal([0, 80, 160, 240], tensor);
    }

    [Fact]
    public void Preprocess_GrayWithAlpha_LiesOnWhite()
    {
        var tensor = PlainPixels.Run(
            PlainPixels.Photograph(3, 1, PixelColor.Gray), EncodedImages.Png(3, 1, 8, 4, [100, 255, 0, 51, 9, 0]));

        Assert.Equal([100, 204, 255], PlainPixels.Rounded(tensor));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Preprocess_GrayOfEveryDepth_SpansBlackToWhite(int bitDepth)
    {
        var tensor = PlainPixels.Run(
            PlainPixels.Photograph(2, 1, PixelColor.Gray),
            EncodedImages.Png(
                2, 1, bitDepth, 0, bitDepth == 8 ? [0, 255] : [(byte)(((1 << bitDepth) - 1) << (8 - (2 * bitDepth)))]));

        Assert.Equal([0, 255], tensor);
    }

    [Fact]
    public void Preprocess_CmykJpeg_BecomesRgb()
    {
        var tensor = PlainPixels.Run(PlainPixels.Photograph(16, 16), EncodedImages.CmykJpeg);

        AssertColor(SKColors.Red, tensor, 3, 3, 16, "red", tolerance: 2);
        AssertColor(SKColors.Lime, tensor, 3, 12, 16, "green", tolerance: 2);
        AssertColor(SKColors.Blue, tensor, 12, 3, 16, "blue", tolerance: 2);
        AssertColor(new SKColor(128, 128, 128), tensor, 12, 12, 16, "grey", tolerance: 2);
    }

    [Fact]
    public void Preprocess_AnimatedGif_ShowsTheFirstFrame()
    {
        var file = EncodedImages.Gif(20, 10, Palette, (x, _) => x % 4, (_, _) => 0);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(20, 10), file);

        for (var x = 0; x < 20; x++)
        {
            AssertColor(Palette[x % 4], tensor, x, 7, 20, "frame 0");
        }
    }

    [Fact]
    public void Preprocess_IconOfSeveralPictures_ShowsTheLargest()
    {
        var file = EncodedImages.Icon((16, SKColors.Red), (48, SKColors.Blue), (32, SKColors.Lime));

        AssertColor(
            SKColors.Blue, PlainPixels.Run(PlainPixels.Photograph(4, 4), file), 1, 1, 4, "icon", tolerance: 0.01f);
    }

    [Fact]
    public void Preprocess_IconOfOneSizeInSeveralDepths_ShowsTheDeepest()
    {
        const int Side = 16;
        var blue = EncodedImages.Icon((Side, SKColors.Blue))[22..];
        byte[] coarse = [40, 0, 0, 0, Side, 0, 0, 0, 2 * Side, 0, 0, 0, 1, 0, 1, .. new byte[25], 0, 0, 255, 0, 0, 0,
            255, 0, .. new byte[Side * 8]];
        byte[] Entry(byte[] body, int offset) =>
            [Side, Side, 0, 0, 1, 0, 1, 0, .. BitConverter.GetBytes(body.Length), .. BitConverter.GetBytes(offset)];
        byte[] file = [0, 0, 1, 0, 2, 0, .. Entry(coarse, 38), .. Entry(blue, 38 + coarse.Length), .. coarse, .. blue];

        AssertColor(SKColors.Blue, PlainPixels.Run(PlainPixels.Photograph(Side, Side), file), 1, 1, Side, "icon");
    }

    [Fact]
    public void Preprocess_IconOfPngWithMoreDataThanPixels_IsRejected()
    {
        var png = EncodedImages.Png(28, 28, 8, 0, new byte[28 * 28], ("IDAT", new byte[70_000]));
        byte[] file = [0, 0, 1, 0, 1, 0, 28, 28, 0, 0, 1, 0, 32, 0, .. BitConverter.GetBytes(png.Length), 22, 0, 0, 0,
            .. png];

        Assert.Contains("far more data than 28 × 28 pixels", PlainPixels.Fail(file).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Preprocess_IconWhosePngIsNotOfTheDirectorysSize_HasThePngsSize()
    {
        var png = EncodedImages.Encode(41, 33, EncodedImages.Colorful);
        byte[] file = [0, 0, 1, 0, 1, 0, 8, 200, 0, 0, 1, 0, 32, 0, .. BitConverter.GetBytes(png.Length), 22, 0, 0, 0,
            .. png];

        Assert.Equal(PlainPixels.Run(PlainPixels.Photograph(41, 33), png),
            PlainPixels.Run(PlainPixels.Photograph(41, 33), file));
    }

    // Like Pillow: the screen outside the frame has the palette's first colour, or is transparent if the frame has
    // transparency.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Preprocess_GifFrameSmallerThanItsScreen_IsSurroundedByTheFirstColor(bool isTransparent)
    {
        const int FlagsAt = 13 + 384 + 3;
        var file = EncodedImages.Gif(6, 5, Palette, (_, _) => 2);
        (file[6], file[8]) = (9, 8);
        file[FlagsAt] = (byte)(isTransparent ? 1 : 0);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(9, 8), file);

        var around = isTransparent ? SKColors.White : Palette[0];
        AssertColor(Palette[2], tensor, 5, 4, 9, "frame");
        AssertColor(around, tensor, 6, 4, 9, "right of it");
        AssertColor(around, tensor, 5, 5, 9, "below");
        AssertColor(around, tensor, 8, 7, 9, "corner");
    }

    [Fact]
    public void Preprocess_GifFrameBeyondItsScreen_IsWholeOfTheLargerSize()
    {
        var file = EncodedImages.Gif(20, 10, Palette, (x, _) => x % 4);
        (file[6], file[8]) = (4, 4);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(20, 10), file);

        AssertColor(Palette[3], tensor, 19, 9, 20, "corner");
    }

    [Fact]
    public void Preprocess_BmpRunsThatSkipPixels_LeaveTheFirstColor()
    {
        // A row of two red and two skipped pixels, then the end.
        byte[] runs = [2, 1, 0, 0, 0, 1];
        byte[] palette = [.. new byte[] { 255, 0, 0, 0, 0, 0, 255, 0 }, .. new byte[4 * 254]];
        byte[] header = [40, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 8, 0, 1, 0, 0, 0, .. new byte[20]];
        byte[] file = [.. "BM"u8, .. BitConverter.GetBytes(1078 + runs.Length), 0, 0, 0, 0,
            .. BitConverter.GetBytes(1078), .. header, .. palette, .. runs];

        var tensor = PlainPixels.Run(PlainPixels.Photograph(4, 2), file);

        AssertColor(SKColors.Red, tensor, 1, 1, 4, "run");
        AssertColor(SKColors.Blue, tensor, 2, 1, 4, "rest of the row");
        AssertColor(SKColors.Blue, tensor, 0, 0, 4, "row above");
    }

    [Fact]
    public void Preprocess_EmbeddedProfile_IsConvertedToSrgb()
    {
        using var p3 = SKColorSpace.CreateRgb(SKColorSpaceTransferFn.Srgb, SKColorSpaceXyz.DisplayP3);
        using var bitmap = new SKBitmap(new SKImageInfo(8, 8, SKColorType.Rgba8888, SKAlphaType.Opaque, p3));
        var color = new SKColor(200, 100, 50);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(color);
        }

        Assert.NotEqual(
            color, bitmap.Bytes is [var red, var green, var blue, ..] ? new SKColor(red, green, blue) : default);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(8, 8), EncodedImages.Encode(bitmap));

        AssertColor(color, tensor, 4, 4, 8, "Display P3", tolerance: 2);
    }

    [Fact]
    public void Decode_LargeJpeg_IsScaledDownAsFarAsBothSidesAllow()
    {
        var file = EncodedImages.Encode(2048, 1024, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 50);
        var sizes = new List<(int, int)>();
        var header = ImageHeader.Read(file, ImagePreprocessor.DefaultMaxPixels);
        foreach (var (width, height) in new[] { (1, 1), (256, 128), (257, 1), (1, 129), (1024, 512), (1, 513) })
        {
            using var picture = ImageDecoder.Decode(file, header, width, height);
            sizes.Add((picture.Width, picture.Height));
        }

        Assert.Equal([(256, 128), (256, 128), (512, 256), (512, 256), (1024, 512), (2048, 1024)], sizes);
    }

    [Fact]
    public void Preprocess_LargeJpeg_LooksTheSame()
    {
        static SKColor Gradient(int x, int y) => new((byte)(x / 8), (byte)(y / 8), 128);
        var file = EncodedImages.Encode(2048, 2048, Gradient, SKEncodedImageFormat.Jpeg, 95);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(64, 64), file);
        for (var i = 0; i < 64; i++)
        {
            AssertColor(Gradient((i * 32) + 16, i * 32), tensor, i, i, 64, "gradient", tolerance: 4);
        }
    }

    [Fact]
    public void Preprocess_Empty_SaysSo()
    {
        var exception = PlainPixels.Fail([]);

        Assert.Equal(InferenceError.ImageEmpty, exception.Error);
    }

    public static TheoryData<string, byte[]> BrokenFiles => new()
    {
        { "PNG", [0x89, .. "PNG"u8, 0x0D, 0x0A, 0x1A, 0x0A, .. "and then no PNG at all"u8] },
        { "PNG", EncodedImages.EmptyPng(5, 5) },
        { "PNG", EncodedImages.EmptyPng(0, 0) },
        { "PNG", EncodedImages.EmptyPng(0, 7) },
        { "PNG", EncodedImages.Png(2, 2, 8, 9, [1, 2, 3, 4]) },
        { "JPEG", [0xFF, 0xD8, 0xFF] },
        { "JPEG", [0xFF, 0xD8, 0xFF, 0xE0, .. "this is not a JPEG"u8] },
        { "JPEG", [0xFF, 0xD8, 0xFF, 0xD9] },
        { "WebP", [.. "RIFF"u8, 4, 0, 0, 0, .. "WEBP"u8] },
        { "GIF", [.. "GIF89a"u8] },
        { "GIF", [.. "GIF89a"u8, 0, 0, 0, 0, 0, 0, 0, 0x3B] },
        { "BMP", [.. "BM"u8] },
        { "BMP", EncodedImages.Bmp(0, 0, EncodedImages.Colorful) },
        { "ICO", [0, 0, 1, 0, 1, 0, 16, 16] },
    };

    [Theory]
    [MemberData(nameof(BrokenFiles))]
    public void Preprocess_RightSignatureButNoPicture_IsUndecodable(string format, byte[] file)
    {
        var exception = PlainPixels.Fail(file);

        Assert.Equal(InferenceError.ImageUndecodable, exception.Error);
        Assert.Contains(format, exception.Message, StringComparison.Ordinal);
    }

    private static byte[] LosslessWebP(Func<int, int, SKColor> color)
    {
        using var bitmap = SKBitmap.FromImage(SKImage.FromEncodedData(EncodedImages.Encode(Width, Height, color)));
        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 50));
        Assert.NotNull(data);
        return data.ToArray();
    }

    private static byte[] Scanlines(Func<SKColor, byte[]> encode) =>
        [.. Enumerable.Range(0, Width * Height).SelectMany(i => encode(EncodedImages.Colorful(i % Width, i / Width)))];

    internal static void AssertColor(
        SKColor expected, float[] tensor, int x, int y, int width, string where, float tolerance = 0)
    {
        var actual = tensor.AsSpan(3 * ((y * width) + x), 3);
        var distance = Math.Max(
            Math.Abs(actual[0] - expected.Red),
            Math.Max(Math.Abs(actual[1] - expected.Green), Math.Abs(actual[2] - expected.Blue)));
        Assert.True(distance <= tolerance, $"{where}: expected {expected}, got {actual[0]}, {actual[1]}, {actual[2]}");
    }
}

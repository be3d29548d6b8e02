using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class ImageSizeLimitTests
{
    [Fact]
    public void Preprocess_HeaderBomb_IsRejectedWithSizeAndLimit()
    {
        var bomb = EncodedImages.EmptyPng(30_000, 30_000);
        Assert.True(bomb.Length < 80);

        var exception = PlainPixels.Fail(bomb);

        Assert.Equal(InferenceError.ImageTooLarge, exception.Error);
        Assert.Contains("30000 × 30000", exception.Message, StringComparison.Ordinal);
        Assert.Contains("40000000", exception.Message, StringComparison.Ordinal);
    }

    public static TheoryData<byte[]> Bombs => new()
    {
        { EncodedImages.EmptyPng(30_000, 30_000) },
        { Resized(EncodedImages.Bmp(2, 2, EncodedImages.Colorful), 18, [0x30, 0x75, 0, 0, 0x30, 0x75, 0, 0]) },
        { Resized(EncodedImages.Gif(2, 2, [SKColors.Red], (_, _) => 0), 6, [0x30, 0x75, 0x30, 0x75]) },
        {
            Resized(
                EncodedImages.CmykJpeg,
                Array.IndexOf(EncodedImages.CmykJpeg, (byte)0xC0) + 4,
                [0x75, 0x30, 0x75, 0x30])
        },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Preprocess_HeaderBomb_CostsNoMemory(byte[] bomb)
    {
        const int Repeats = 20;
        var input = PlainPixels.Photograph(8, 8);
        var preprocessor = new ImagePreprocessor(input);
        var tensor = new float[input.ElementCount];
        Assert.Throws<InferenceException>(() => preprocessor.Preprocess(bomb, tensor));

        // Allocating the pixels of a single image would take at least 900 MB, visible in the peak even after it is
        // freed.
        var peakBefore = PeakResidentBytes();
        var managedBefore = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Repeats; i++)
        {
            Assert.Equal(
                InferenceError.ImageTooLarge,
                Assert.Throws<InferenceException>(() => preprocessor.Preprocess(bomb, tensor)).Error);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - managedBefore, 0, Repeats * 64 * 1024);
        Assert.True(PeakResidentBytes() - peakBefore < 200L << 20);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(99, false)]
    public void Preprocess_AtTheLimit_IsReadOnePixelBeyondIsNot(long maxPixels, bool isRead)
    {
        var input = PlainPixels.Photograph(4, 4);
        var file = EncodedImages.Encode(20, 5, EncodedImages.Colorful);

        var exception = Record.Exception(() =>
            new ImagePreprocessor(input, maxPixels).Preprocess(file, new float[input.ElementCount]));

        Assert.Equal(isRead, exception is null);
    }

    [Fact]
    public void Preprocess_EndlessSide_IsTooLarge()
    {
        var exception = PlainPixels.Fail(EncodedImages.EmptyPng(1_000_000, 1));

        Assert.Equal(InferenceError.ImageTooLarge, exception.Error);
        Assert.Contains("65535", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ImageDecoder.MaxFrames, true)]
    [InlineData(ImageDecoder.MaxFrames + 1, false)]
    public void Preprocess_Animation_IsReadUpToSoManyFrames(int frames, bool isRead)
    {
        var input = PlainPixels.Photograph(1, 1);
        var file = EncodedImages.Gif(
            1, 1, [SKColors.White], [.. Enumerable.Repeat<Func<int, int, int>>((_, _) => 0, frames)]);

        var exception = (InferenceException?)Record.Exception(() =>
            new ImagePreprocessor(input).Preprocess(file, new float[input.ElementCount]));

        Assert.Equal(isRead ? null : InferenceError.ImageTooLarge, exception?.Error);
        // Otherwise the line above has failed.
        Assert.True(isRead || exception!.Message.Contains($"{frames} frames", StringComparison.Ordinal));
    }

    [Fact]
    public void Preprocess_PngWithMoreDataThanPixels_IsRejected()
    {
        var exception = PlainPixels.Fail(
            EncodedImages.Png(28, 28, 8, 0, new byte[28 * 28], ("IDAT", new byte[70_000])));

        Assert.Equal(InferenceError.ImageUndecodable, exception.Error);
        Assert.Contains("far more data than 28 × 28 pixels", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, 2)]
    [InlineData(16, 6)]
    [InlineData(1, 0)]
    public void Preprocess_PngOfStoredBlocks_IsRead(int bitDepth, int colorType)
    {
        const int Side = 300;
        var bits = bitDepth * (colorType switch { 2 => 3, 6 => 4, _ => 1 });
        var noise = new byte[Side * (((Side * bits) + 7) / 8)];
        new Random(1).NextBytes(noise); // incompressible

        var exception = Record.Exception(() =>
            PlainPixels.Run(
                PlainPixels.Photograph(8, 8), EncodedImages.Png(Side, Side, bitDepth, colorType, noise)));

        Assert.Null(exception);
    }

    [Theory]
    [InlineData(20_000, 1)]
    [InlineData(1, 20_000)]
    [InlineData(1, 1)]
    public void Preprocess_ExtremeAspectRatio_IsReadInEveryMode(int width, int height)
    {
        var file = EncodedImages.Encode(width, height, (_, _) => SKColors.White);
        foreach (var mode in Enum.GetValues<ResizeMode>())
        {
            Assert.Contains(
                255f, PlainPixels.Rounded(PlainPixels.Run(PlainPixels.Photograph(8, 8, resize: mode), file)));
        }

        Assert.Equal(new float[784], PlainPixels.Run(PlainPixels.Digit(), file));
    }

    private static byte[] Resized(byte[] file, int offset, byte[] size)
    {
        size.CopyTo(file, offset);
        return file;
    }

    private static long PeakResidentBytes()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}

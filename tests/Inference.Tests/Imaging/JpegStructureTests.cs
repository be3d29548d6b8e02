using SkiaSharp;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>Frames are checked before they reach the native decoder.</summary>
public sealed class JpegStructureTests
{
    private const int Width = 40;
    private const int Height = 24;

    private static byte[] Jpeg =>
        EncodedImages.Encode(Width, Height, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 80);

    [Theory]
    [InlineData(128, 1, 28)]
    [InlineData(128, 1, 32)]
    [InlineData(300, 1, 28)]
    [InlineData(300, 3, 64)]
    [InlineData(3000, 1, 28)]
    [InlineData(32, 1, 32)]
    public void Preprocess_LosslessJpeg_IsRejectedByName(int side, int components, int modelSide)
    {
        var input = PlainPixels.Photograph(modelSide, modelSide);
        var file = EncodedImages.LosslessJpeg(side, components);

        var exception = Assert.Throws<InferenceException>(() => PlainPixels.Run(input, file));

        Assert.Equal(InferenceError.ImageFormatUnsupported, exception.Error);
        Assert.Contains("lossless JPEG (SOF3)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("baseline or progressive", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xC3, "lossless JPEG (SOF3)")]
    [InlineData(0xC5, "hierarchical JPEG (SOF5)")]
    [InlineData(0xC6, "hierarchical JPEG (SOF6)")]
    [InlineData(0xC7, "hierarchical lossless JPEG (SOF7)")]
    [InlineData(0xC8, "JPEG with an extension (JPG)")]
    [InlineData(0xC9, "arithmetic-coded JPEG (SOF9)")]
    [InlineData(0xCA, "arithmetic-coded JPEG (SOF10)")]
    [InlineData(0xCB, "arithmetic-coded lossless JPEG (SOF11)")]
    [InlineData(0xCD, "arithmetic-coded hierarchical JPEG (SOF13)")]
    [InlineData(0xCE, "arithmetic-coded hierarchical JPEG (SOF14)")]
    [InlineData(0xCF, "arithmetic-coded hierarchical JPEG (SOF15)")]
    [InlineData(0xF7, "JPEG-LS file (SOF55)")]
    public void Preprocess_FrameOfAnotherProcess_IsRejectedByName(byte marker, string name)
    {
        var file = Jpeg;
        file[Frame(file) + 1] = marker;

        AssertUnsupported(name, file);
    }

    [Theory]
    [InlineData(0xCC, "arithmetic-coded JPEG (DAC)")]
    [InlineData(0xDE, "hierarchical JPEG (DHP)")]
    [InlineData(0xDF, "hierarchical JPEG (EXP)")]
    public void Preprocess_MarkerOfAnotherProcess_IsRejectedByName(byte marker, string name)
    {
        var file = Jpeg;

        AssertUnsupported(name, [.. file[..2], .. EncodedImages.JpegSegment(marker, new byte[15]), .. file[2..]]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(12)]
    [InlineData(16)]
    public void Preprocess_OtherPrecision_IsRejectedByName(byte bits)
    {
        var file = Jpeg;
        file[Frame(file) + 4] = bits;

        AssertUnsupported($"JPEG of {bits} bits a sample", file);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(255)]
    public void Preprocess_OtherNumberOfComponents_IsRejectedByName(byte components)
    {
        var file = Jpeg;
        file[Frame(file) + 9] = components;

        AssertUnsupported($"JPEG of {components} components", file);
    }

    [Fact]
    public void Preprocess_HeightAfterTheScan_IsRejectedByName()
    {
        var file = Jpeg;
        file.AsSpan(Frame(file) + 5, 2).Clear();

        AssertUnsupported("DNL", file);
    }

    public static TheoryData<string, byte[]> Damaged => new()
    {
        { "0 × 24 pixels", With(frame => frame[7] = frame[8] = 0) },
        { "its header is damaged", With(frame => frame[9] = 1) },
        { "a sampling factor", With(frame => frame[11] = 0x05) },
        { "a sampling factor", With(frame => frame[11] = 0x10) },
        { "no frame header", [.. Jpeg[..2], 0xFF, 0xD9] },
        { "first scan stands before", [.. Jpeg[..2], .. Jpeg[(Jpeg.AsSpan().LastIndexOf<byte>([0xFF, 0xDA]))..]] },
        { "a second frame",
            [.. Jpeg[..Frame(Jpeg)], .. Jpeg[Frame(Jpeg)..(Frame(Jpeg) + 19)], .. Jpeg[Frame(Jpeg)..]] },
        { "a second frame", [.. Jpeg[..^2], .. Jpeg[Frame(Jpeg)..]] },
        { "100 scans",
            [.. Jpeg[..^2], .. Enumerable.Repeat(EncodedImages.JpegSegment(0xDA, [1, 1, 0, 0, 63, 0]), 100)
            .SelectMany(scan => scan), 0xFF, 0xD9] },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Preprocess_ContradictoryFrames_AreUndecodable(string reason, byte[] file)
    {
        var exception = PlainPixels.Fail(file);

        Assert.Equal(InferenceError.ImageUndecodable, exception.Error);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Preprocess_FrameOfAThumbnail_IsNotThePictures()
    {
        var input = PlainPixels.Photograph(Width, Height);
        var file = Jpeg;
        byte[] thumbnail = [.. "Exif\0\0"u8, .. EncodedImages.LosslessJpeg(16, 1)];

        Assert.Equal(PlainPixels.Run(input, file),
            PlainPixels.Run(input, [.. file[..2], .. EncodedImages.JpegSegment(0xE1, thumbnail), .. file[2..]]));
    }

    [Fact]
    public void Preprocess_ExtendedSequentialFrame_IsRead()
    {
        var input = PlainPixels.Photograph(Width, Height);
        var file = Jpeg;
        file[Frame(file) + 1] = 0xC1;

        Assert.Equal(PlainPixels.Run(input, Jpeg), PlainPixels.Run(input, file));
    }

    private static void AssertUnsupported(string name, byte[] file)
    {
        var exception = PlainPixels.Fail(file);

        Assert.Equal(InferenceError.ImageFormatUnsupported, exception.Error);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cut off", exception.Message, StringComparison.Ordinal);
    }

    private delegate void Change(Span<byte> frame);

    private static byte[] With(Change change)
    {
        var file = Jpeg;
        change(file.AsSpan(Frame(file)));
        return file;
    }

    private static int Frame(byte[] jpeg) => jpeg.AsSpan().IndexOf<byte>([0xFF, 0xC0]);
}

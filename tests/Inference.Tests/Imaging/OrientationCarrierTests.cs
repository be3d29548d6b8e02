using System.Globalization;
using System.Text;
using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>
/// Every place where a format may store the orientation. Expected results were compared with Pillow's
/// <c>ImageOps.exif_transpose</c>.
/// </summary>
public sealed class OrientationCarrierTests
{
    private const int Width = 24;
    private const int Height = 16;

    // The corner colours of the upright image.
    private static readonly SKColor[] Corners = [SKColors.Red, SKColors.Lime, SKColors.Blue, SKColors.White];

    public static TheoryData<string> Carriers => [.. AllCarriers.Keys];

    private static Dictionary<string, Func<int, byte[]>> AllCarriers { get; } = new()
    {
        ["PNG, eXIf before the data"] = n => EncodedImages.WithPngChunk(Png(n), "eXIf", EncodedImages.Exif((uint)n)),
        ["PNG, eXIf after the data"] = n =>
            EncodedImages.WithPngChunk(Png(n), "eXIf", EncodedImages.Exif((uint)n, isLittle: true), afterData: true),
        ["PNG, eXIf with a head"] = n =>
            EncodedImages.WithPngChunk(Png(n), "eXIf", [.. "Exif\0\0"u8, .. EncodedImages.Exif((uint)n, isLong: true)]),
        ["PNG, profile in tEXt"] = n =>
            EncodedImages.WithPngChunk(Png(n), "tEXt", [.. "Raw profile type exif\0"u8, .. Profile("exif", n)]),
        ["PNG, profile in zTXt"] = n =>
            EncodedImages.WithPngChunk(
            Png(n), "zTXt", [.. "Raw profile type exif\0\0"u8, .. EncodedImages.Compressed(Profile("exif", n))]),
        ["PNG, profile in iTXt"] = n =>
            EncodedImages.WithPngChunk(
            Png(n), "iTXt", [.. "Raw profile type exif\0\0\0en\0\0"u8, .. Profile("exif", n)], afterData: true),
        ["PNG, profile APP1"] = n =>
            EncodedImages.WithPngChunk(
            Png(n), "zTXt", [.. "Raw profile type APP1\0\0"u8, .. EncodedImages.Compressed(Profile("app1", n))],
            afterData: true),
        ["PNG, XMP attribute"] = n =>
            EncodedImages.WithPngChunk(Png(n), "iTXt", [.. "XML:com.adobe.xmp\0\0\0\0\0"u8, .. XmpAttribute(n)]),
        ["PNG, XMP element, compressed"] = n =>
            EncodedImages.WithPngChunk(
            Png(n), "iTXt", [.. "XML:com.adobe.xmp\0\u0001\0\0\0"u8, .. EncodedImages.Compressed(XmpElement(n))],
            afterData: true),
        ["WebP, EXIF"] = n => WebP(n, ("EXIF", EncodedImages.Exif((uint)n, isLittle: true))),
        ["WebP, EXIF with a head"] = n => WebP(n, ("EXIF", [.. "Exif\0\0"u8, .. EncodedImages.Exif((uint)n)])),
        ["WebP, XMP attribute"] = n => WebP(n, ("XMP ", XmpAttribute(n))),
        ["WebP, XMP element"] = n => WebP(n, ("XMP ", XmpElement(n))),
        ["JPEG, EXIF"] = n => Jpeg(n, ExifSegment(EncodedImages.Exif((uint)n))),
        ["JPEG, EXIF of the other byte order"] = n => Jpeg(n, ExifSegment(EncodedImages.Exif((uint)n, isLittle: true))),
        ["JPEG, EXIF as a long number"] = n => Jpeg(n, ExifSegment(EncodedImages.Exif((uint)n, isLong: true))),
        ["JPEG, EXIF as a long number of the other byte order"] = n =>
            Jpeg(n, ExifSegment(EncodedImages.Exif((uint)n, isLittle: true, isLong: true))),
        ["JPEG, XMP attribute"] = n => Jpeg(n, XmpSegment(XmpAttribute(n))),
        ["JPEG, XMP element"] = n => Jpeg(n, XmpSegment(XmpElement(n))),
    };

    [Theory]
    [MemberData(nameof(Carriers))]
    public void Preprocess_EveryOrientation_ShowsThePictureUpright(string carrier)
    {
        for (var orientation = 1; orientation <= 8; orientation++)
        {
            AssertUpright(AllCarriers[carrier](orientation), $"{carrier}: {orientation}");
        }
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public void Preprocess_InvalidOrientation_LeavesTheImageUnchanged(string carrier)
    {
        foreach (var orientation in (int[])[0, 9, 36])
        {
            AssertUpright(AllCarriers[carrier](orientation), $"{carrier}: {orientation}");
        }
    }

    [Fact]
    public void Preprocess_ExifAndXmp_FollowsExif()
    {
        AssertUpright(Jpeg(6, [.. XmpSegment(XmpAttribute(3)), .. ExifSegment(EncodedImages.Exif(6))]), "JPEG");
        AssertUpright(WebP(6, ("XMP ", XmpAttribute(3)), ("EXIF", EncodedImages.Exif(6))), "WebP");
        AssertUpright(
            EncodedImages.WithPngChunk(
                AllCarriers["PNG, XMP attribute"](6), "eXIf", EncodedImages.Exif(6), afterData: true), "PNG");
    }

    [Fact]
    public void Preprocess_ExifWithoutOrientation_FollowsXmp()
    {
        var exif = EncodedImages.Exif(3);
        exif[11] = 0x13; // another tag

        AssertUpright(Jpeg(6, [.. ExifSegment(exif), .. XmpSegment(XmpAttribute(6))]), "JPEG");
        AssertUpright(WebP(6, ("EXIF", exif), ("XMP ", XmpElement(6))), "WebP");
        AssertUpright(EncodedImages.WithPngChunk(AllCarriers["PNG, XMP attribute"](6), "eXIf", exif), "PNG");
    }

    [Theory]
    [InlineData("<x:xmpmeta tiff:Orientation = '6'/>")]
    [InlineData("<x:xmpmeta tiff:Orientation\n=\n\"6\"/>")]
    [InlineData("<tiff:Orientation>\n  6\n</tiff:Orientation>")]
    [InlineData(
        "<tiff:OrientationX>3</tiff:OrientationX><tiff:Orientation rdf:nil=''/><tiff:Orientation>6</tiff:Orientation>")]
    public void Preprocess_XmpInOtherHands_IsUnderstood(string packet) =>
        AssertUpright(Jpeg(6, XmpSegment(Encoding.UTF8.GetBytes(packet))), packet);

    [Theory]
    [InlineData("tiff:Orientation")]
    [InlineData("tiff:Orientation=")]
    [InlineData("tiff:Orientation=\"")]
    [InlineData("tiff:Orientation=\"6")]
    [InlineData("tiff:Orientation>")]
    [InlineData("<tiff:Orientation>66</tiff:Orientation>")]
    public void Preprocess_XmpCutOff_SaysNothing(string packet) =>
        AssertUpright(Jpeg(1, XmpSegment(Encoding.UTF8.GetBytes(packet))), packet);

    [Fact]
    public void Preprocess_MetadataCutAnywhere_DoesNotThrow()
    {
        var exif = EncodedImages.Exif(6, isLittle: true);
        for (var length = 0; length < exif.Length - 8; length++)
        {
            AssertUpright(EncodedImages.WithPngChunk(Png(1), "eXIf", exif[..length]), $"EXIF of {length} bytes");
        }

        foreach (
            var (type, text) in new[] { ("tEXt", Profile("exif", 1)),
            ("zTXt", EncodedImages.Compressed(Profile("exif", 1))), ("iTXt", Profile("exif", 1)) })
        {
            byte[] chunk = [.. "Raw profile type exif\0"u8, .. text];
            for (var length = 0; length < chunk.Length; length++)
            {
                AssertUpright(EncodedImages.WithPngChunk(Png(1), type, chunk[..length]), $"{type} of {length} bytes");
            }
        }
    }

    [Fact]
    public void Preprocess_XmpThatInflatesWithoutEnd_IsReadToItsLimit()
    {
        byte[] head = [.. "XML:com.adobe.xmp\0\u0001\0\0\0"u8];
        var spaces = Encoding.ASCII.GetBytes(new string(' ', 50_000_000));
        var near = EncodedImages.WithPngChunk(
            Png(6), "iTXt", [.. head, .. EncodedImages.Compressed([.. XmpAttribute(6), .. spaces])]);
        var far = EncodedImages.WithPngChunk(
            Png(1), "iTXt", [.. head, .. EncodedImages.Compressed([.. spaces, .. XmpAttribute(6)])]);
        AssertUpright(near, "near");

        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertUpright(near, "near");
        AssertUpright(far, "far");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * PngMetadata.MaxInflatedText);
    }

    [Fact]
    public void Preprocess_DigitOfAPngLyingOnItsSide_IsTurned()
    {
        static byte[] Digit(int orientation) => EncodedImages.Encode(60, 60, (column, row) =>
        {
            var (x, y) = Upright(orientation, column, row, 60, 60);
            return (x is > 15 and < 22 && y is > 5 and < 50) || (y is > 44 and < 50 && x is > 15 and < 45)
                ? SKColors.Black : SKColors.White;
        });

        Assert.Equal(
            PlainPixels.Rounded(PlainPixels.Run(PlainPixels.Digit(), Digit(1))),
            PlainPixels.Rounded(
                PlainPixels.Run(PlainPixels.Digit(),
                EncodedImages.WithPngChunk(Digit(6), "eXIf", EncodedImages.Exif(6), afterData: true))));
    }

    private static void AssertUpright(byte[] file, string where)
    {
        var tensor = PlainPixels.Run(PlainPixels.Photograph(Width, Height), file);

        ImageDecoderTests.AssertColor(Corners[0], tensor, 3, 3, Width, $"{where}, top left", tolerance: 30);
        ImageDecoderTests.AssertColor(Corners[1], tensor, Width - 4, 3, Width, $"{where}, top right", tolerance: 30);
        ImageDecoderTests.AssertColor(Corners[2], tensor, 3, Height - 4, Width, $"{where}, bottom left", tolerance: 30);
        ImageDecoderTests.AssertColor(
            Corners[3], tensor, Width - 4, Height - 4, Width, $"{where}, bottom right", tolerance: 30);
    }

    private static byte[] Png(int orientation) => Stored(orientation, SKEncodedImageFormat.Png);

    private static byte[] Jpeg(int orientation, byte[] segments)
    {
        var file = Stored(orientation, SKEncodedImageFormat.Jpeg);
        return [.. file[..2], .. segments, .. file[2..]];
    }

    private static byte[] WebP(int orientation, params (string Type, byte[] Data)[] metadata)
    {
        var (width, height) = StoredSize(orientation);
        return EncodedImages.ExtendedWebP(width, height, Stored(orientation, SKEncodedImageFormat.Webp), metadata);
    }

    private static byte[] Stored(int orientation, SKEncodedImageFormat format)
    {
        var (width, height) = StoredSize(orientation);
        return EncodedImages.Encode(width, height, (column, row) =>
        {
            var (x, y) = Upright(orientation, column, row, width, height);
            return Corners[(x < Width / 2 ? 0 : 1) + (y < Height / 2 ? 0 : 2)];
        }, format, 95);
    }

    private static (int Width, int Height) StoredSize(int orientation) => orientation is >= 5 and <= 8 ? (Height, Width)
        : (Width, Height);

    // Where an orientation shows a stored pixel, from the EXIF specification's table of row 0 and column 0.
    private static (int X, int Y) Upright(int orientation, int column, int row, int width, int height) =>
        orientation switch
        {
            2 => (width - 1 - column, row),
            3 => (width - 1 - column, height - 1 - row),
            4 => (column, height - 1 - row),
            5 => (row, column),
            6 => (height - 1 - row, column),
            7 => (height - 1 - row, width - 1 - column),
            8 => (row, width - 1 - column),
            _ => (column, row),
        };

    private static byte[] ExifSegment(byte[] exif) => EncodedImages.JpegSegment(0xE1, [.. "Exif\0\0"u8, .. exif]);

    private static byte[] XmpSegment(byte[] packet) =>
        EncodedImages.JpegSegment(0xE1, [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. packet]);

    private static byte[] XmpAttribute(int orientation) =>
        Encoding.UTF8.GetBytes(
            "<x:xmpmeta><rdf:Description xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" "
            + $"tiff:Orientation=\"{orientation}\"/></x:xmpmeta>");

    private static byte[] XmpElement(int orientation) =>
        Encoding.UTF8.GetBytes(
            $"<x:xmpmeta><rdf:Description><tiff:Orientation>{orientation}</tiff:Orientation>"
            + "</rdf:Description></x:xmpmeta>");

    // In ImageMagick's form, with 36 bytes per line.
    private static byte[] Profile(string name, int orientation)
    {
        byte[] exif = [.. "Exif\0\0"u8, .. EncodedImages.Exif((uint)orientation)];
        var lines = exif.Chunk(36).Select(Convert.ToHexStringLower);
        return Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"\n{name}\n{exif.Length,8}\n{string.Join('\n', lines)}\n"));
    }
}

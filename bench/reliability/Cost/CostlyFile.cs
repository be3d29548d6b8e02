using System.Buffers.Binary;
using System.Text;
using SkiaSharp;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>An image that is valid, and takes as much time or memory to decode as its kind can.</summary>
/// <param name="Kind">Its format.</param>
/// <param name="Name">What is special about it.</param>
/// <param name="Make">Makes the file.</param>
internal sealed record CostlyFile(string Kind, string Name, Func<byte[]> Make)
{
    private readonly Lazy<byte[]> _bytes = new(Make);

    // The largest square below 40 megapixels.
    private const int Side = 6324;
    private const int NarrowSide = 610;
    private const int LongSide = 65_535;
    private const int RowOfBytes = 8; // sixteen bits in four channels

    public static IReadOnlyList<CostlyFile> All { get; } =
    [
        new("PNG", "16 bits, RGBA", () => Png(Side, Side, filter: 4)),
        new("PNG", "the same, 610 × 65535 pixels", () => Png(NarrowSide, LongSide, filter: 4)),
        new("PNG", "the same, 65535 × 610 pixels", () => Png(LongSide, NarrowSide, filter: 4)),
        new("PNG", "16 bits, RGBA, with a profile", () => Png(Side, Side, filter: 4, ProfileChunk())),
        new("PNG", "16 bits, RGBA, interlaced", () => CostlyImages.InterlacedPng(Side)),
        new("PNG", "the same with a profile", () => WithProfile(CostlyImages.InterlacedPng(Side))),
        new("PNG", "8 bits, grey", () => EncodedImages.PngFromFiltered(
            Side, Side, 8, 0, interlace: 0, Filtered(Side, 1, Side, filter: 4))),
        new("PNG", "1 bit, palette, with a profile", () => EncodedImages.PngFromFiltered(
            Side, Side, 1, 3, interlace: 0, Filtered((Side + 7) / 8, 1, Side, filter: 0), ProfileChunk(),
            ("PLTE", [10, 200, 30, 90, 10, 200]), ("tRNS", [100, 200]))),
        new("PNG", "1 bit, grey, noise", () => EncodedImages.PngFromFiltered(
            Side, Side, 1, 0, interlace: 0, Noise((Side + 7) / 8))),
        new("PNG", "1 bit, grey, a stroke in each block of 8 × 8", () => EncodedImages.PngFromFiltered(
            Side, Side, 1, 0, interlace: 0, Strokes((Side + 7) / 8))),
        new("JPEG", "progressive, 4 components, 15 scans", () => CostlyImages.ProgressiveJpeg(Side, 4, 15)),
        new("JPEG", "the same with a profile", () => WithProfile(
            CostlyImages.ProgressiveJpeg(Side, 4, 15), ColorProfiles.Cmyk)),
        new("JPEG", "progressive, 3 components, 98 scans, 6.5 megapixels",
            () => CostlyImages.ProgressiveJpeg(2550, 3, 98)),
        new("JPEG", "progressive, 3 components, 15 scans, with a profile", () => WithProfile(
            CostlyImages.ProgressiveJpeg(Side, 3, 15), ColorProfiles.Rgb)),
        new("JPEG", "baseline, 4:4:4, noise of quality 1", () => Noise(SKEncodedImageFormat.Jpeg, 1)),
        new("JPEG", "the same with a profile", () => WithProfile(Noise(SKEncodedImageFormat.Jpeg, 1),
            ColorProfiles.Rgb)),
        new("WebP", "lossless, three transforms", () => LosslessWebP.Make(Side)),
        new("WebP", "the same with a profile", () => WebP(LosslessWebP.Make(Side), ColorProfiles.Rgb)),
        new("WebP", "lossy, of one colour", () => EncodedImages.Draw(
            Side, Side, SKColors.Olive, _ => { }, SKEncodedImageFormat.Webp, quality: 50)),
        new("GIF", "one colour", () => FlatGif.Make(Side, Side)),
        new("GIF", "one small frame on a large screen", () => FlatGif.Make(Side, 8)),
        new("BMP", "run-length coded, every pixel skipped", SkippingBitmap),
        new("BMP", "1 bit", () => Bitmap(bits: 1, compression: 0, new byte[(Side + 31) / 32 * 4 * Side])),
        new("ICO", "1 bit, with a mask", () => Icon(4000, 8000)),
    ];

    /// <summary>The file.</summary>
    public byte[] Bytes => _bytes.Value;

    private static byte[] Png(int width, int height, byte filter, params (string Type, byte[] Data)[] chunks) =>
        EncodedImages.PngFromFiltered(
            width, height, 16, 6, interlace: 0, Filtered(width * RowOfBytes, 1, height, filter), chunks);

    /// <summary>Rows that each begin with their filter, here of Paeth, which costs most.</summary>
    private static byte[] Filtered(int rowLength, byte value, int height, byte filter)
    {
        var rows = new byte[(long)(1 + rowLength) * height];
        for (var start = 0; start < rows.Length; start += 1 + rowLength)
        {
            (rows[start], rows[start + 1]) = (filter, value);
        }

        return rows;
    }

    private static (string Type, byte[] Data) ProfileChunk() =>
        ("iCCP", [.. "p\0\0"u8, .. EncodedImages.Compressed(ColorProfiles.Rgb)]);

    private static byte[] WithProfile(byte[] png) =>
        EncodedImages.WithPngChunk(png, ProfileChunk().Type, ProfileChunk().Data);

    private static byte[] WithProfile(byte[] jpeg, byte[] profile) =>
    [
        .. jpeg[..2],
        .. EncodedImages.JpegSegment(0xE2, [.. "ICC_PROFILE\0"u8, 1, 1, .. profile]),
        .. jpeg[2..],
    ];

    private static byte[] Noise(int rowLength)
    {
        var rows = Filtered(rowLength, 0, Side, filter: 0);
        var random = new Random(1);
        for (var row = 0; row < Side; row++)
        {
            random.NextBytes(rows.AsSpan((row * (1 + rowLength)) + 1, rowLength));
        }

        return rows;
    }

    private static byte[] Strokes(int rowLength)
    {
        var rows = Filtered(rowLength, 0, Side, filter: 0);
        for (var row = 0; row < Side; row++)
        {
            rows.AsSpan((row * (1 + rowLength)) + 1, rowLength).Fill((byte)(row % 8 < 5 ? 0b0011_1000 : 0));
        }

        return rows;
    }

    private static byte[] Noise(SKEncodedImageFormat format, int quality)
    {
        var random = new Random(1);
        using var bitmap = new SKBitmap(new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        random.NextBytes(bitmap.GetPixelSpan());
        return EncodedImages.Encode(bitmap, format, quality);
    }

    /// <summary>The extended format, with a profile before the image.</summary>
    private static byte[] WebP(byte[] simple, byte[] profile)
    {
        var canvas = new byte[10];
        canvas[0] = 0x30; // a profile, and alpha
        foreach (var at in (ReadOnlySpan<int>)[4, 7])
        {
            (canvas[at], canvas[at + 1], canvas[at + 2]) = ((Side - 1) & 255, (Side - 1) >> 8, 0);
        }

        profile = profile.Length % 2 == 0 ? profile : [.. profile, 0];
        byte[] body = [.. "WEBP"u8, .. Chunk("VP8X", canvas), .. Chunk("ICCP", profile), .. simple.AsSpan(12)];
        return Chunk("RIFF", body);

        static byte[] Chunk(string type, byte[] data) =>
            [.. Encoding.ASCII.GetBytes(type), .. LittleEndian(data.Length), .. data];
    }

    private static byte[] SkippingBitmap() => Bitmap(bits: 8, compression: 1, [0, 1]);

    private static byte[] Bitmap(short bits, int compression, byte[] data)
    {
        var palette = 4 << Math.Min((int)bits, 8);
        var header = BitmapHeader(Side, Side, bits, compression);
        var offset = 14 + header.Length + palette;
        return
        [
            .. "BM"u8, .. LittleEndian(offset + data.Length), .. LittleEndian(0), .. LittleEndian(offset), .. header,
            .. new byte[palette], .. data,
        ];
    }

    private static byte[] Icon(int width, int height)
    {
        var plane = (width + 31) / 32 * 4 * height;
        byte[] picture = [.. BitmapHeader(width, 2 * height, 1, 0), .. new byte[8 + (2 * plane)]];
        return
        [
            0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, .. LittleEndian(picture.Length), .. LittleEndian(22), .. picture,
        ];
    }

    private static byte[] BitmapHeader(int width, int height, short bits, int compression)
    {
        var header = new byte[40];
        BinaryPrimitives.WriteInt32LittleEndian(header, header.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), width);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), height);
        header[12] = 1;
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(14), bits);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), compression);
        return header;
    }

    private static byte[] LittleEndian(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}

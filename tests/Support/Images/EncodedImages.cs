using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using SkiaSharp;

namespace SoftmaxService.Tests.Support.Images;

/// <summary>
/// Makes image files with Skia's encoders or, where Skia has none, by hand from the formats' specifications.
/// </summary>
public static class EncodedImages
{
    /// <summary>A greyscale progressive JPEG of 45 × 37 pixels, ten scans, written with Java's ImageIO.</summary>
    public static byte[] ProgressiveJpeg =>
        Convert.FromBase64String(
            "/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcp"
                + "LDAxNDQ0Hyc5PTgyPC4zNDL/wgALCAAlAC0BAREA/8QAGQABAQADAQAAAAAAAAAAAAAAAwIAAQQG/9oACAEBAAAAAfAbtGbg"
                + "tKVuZcRXmrtWbdIjf//EABwQAAICAwEBAAAAAAAAAAAAAAABAhEDEhMhEP/aAAgBAQABBQL5QkJFFCiVR6KIkamtCgaigKLF"
                + "jOfvM5ix0cxQQoIUFSgqUEaJH//EABgQAAIDAAAAAAAAAAAAAAAAACAhEBEw/9oACAEBAAY/At0NSz//xAAdEAACAwADAQEA"
                + "AAAAAAAAAAAAAREhMRBRYUFx/9oACAEBAAE/IYIFyVJ3zIfoSYh0RGCNHvGvgIWjSpFuDlg6BQpKzpWIpxuEmYhISS9Egf/a"
                + "AAgBAQAAABBYOTcP/8QAHhABAAIDAAMBAQAAAAAAAAAAAQARITFRQWFxgZH/2gAIAQEAAT8QIFGiPiKUuD3DGR+ZguRF1NRL"
                + "4mtx8gUuE0jfsVdS4oZaiLrEa6KO1ma1bwlooPkRgrmhiKsDHmf0A8mAZcch1ln5GmBHyC9QgbPUrwzdalHb8uQYANl5J//Z");

    /// <summary>
    /// A CMYK JPEG in Adobe's form, of 16 × 16 pixels: red above green on the left, blue above mid grey on the right.
    /// </summary>
    public static byte[] CmykJpeg =>
        Convert.FromBase64String(
            "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
                + "AQEBAQEBAQEBAQEBAQEB/8AAFAgAEAAQBAERAAIRAAMRAAQRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//E"
                + "ALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2"
                + "Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrC"
                + "w8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EAQACAAMABAAAPwD+/iv8/wDr/P8A6/v4r/AHor/f"
                + "4oor/f4r/AHor/f4or/f4r+Aev/Z");

    public static byte[] Encode(
        int width,
        int height,
        Func<int, int, SKColor> color,
        SKEncodedImageFormat format = SKEncodedImageFormat.Png,
        int quality = 100,
        SKAlphaType alpha = SKAlphaType.Opaque)
    {
        // Copies all pixels at once; SKBitmap.SetPixel takes microseconds per pixel.
        var pixels = new byte[4 * width * height];
        for (var i = 0; i < width * height; i++)
        {
            var pixel = color(i % width, i / width);
            (pixels[4 * i], pixels[(4 * i) + 1], pixels[(4 * i) + 2], pixels[(4 * i) + 3]) = (
                pixel.Red,
                pixel.Green,
                pixel.Blue,
                pixel.Alpha);
        }

        using var bitmap = new SKBitmap(
            new SKImageInfo(width, height, SKColorType.Rgba8888, alpha, SKColorSpace.CreateSrgb()));
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        return Encode(bitmap, format, quality);
    }

    public static byte[] Encode(
        SKBitmap bitmap,
        SKEncodedImageFormat format = SKEncodedImageFormat.Png,
        int quality = 100)
    {
        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>Draws at the given size on a background of one colour.</summary>
    public static byte[] Draw(
        int width,
        int height,
        SKColor paper,
        Action<SKCanvas> draw,
        SKEncodedImageFormat format = SKEncodedImageFormat.Png,
        int quality = 100)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(paper);
            draw(canvas);
        }

        return Encode(bitmap, format, quality);
    }

    /// <summary>An image with many colours, so that every part of its file matters.</summary>
    public static SKColor Colorful(int x, int y) => new((byte)(x * 5), (byte)(y * 6), (byte)(x * y));

    public static byte[] WithExifOrientation(byte[] jpeg, int orientation)
    {
        byte[] segment =
        [
            0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM"u8, 0, 42, 0, 0, 0, 8,
            0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. segment, .. jpeg[2..]];
    }

    /// <summary>A segment of a JPEG.</summary>
    public static byte[] JpegSegment(byte marker, ReadOnlySpan<byte> data) =>
        [0xFF, marker, (byte)((data.Length + 2) >> 8), (byte)(data.Length + 2), .. data];

    /// <summary>A lossless JPEG (frame SOF3); its pixels do not matter.</summary>
    public static byte[] LosslessJpeg(int side, int components)
    {
        byte[] frame = [8, (byte)(side >> 8), (byte)side, (byte)(side >> 8), (byte)side, (byte)components];
        byte[] scan = [(byte)components];
        for (byte i = 1; i <= components; i++)
        {
            frame = [.. frame, i, 0x11, 0];
            scan = [.. scan, i, 0];
        }

        byte[] table = [0, 1, .. new byte[15], 0]; // A single one-bit code.
        return
        [
            0xFF, 0xD8, .. JpegSegment(0xC3, frame), .. JpegSegment(0xC4, table),
                .. JpegSegment(0xDA, [.. scan, 1, 0, 0]),
            .. new byte[(side * side * components / 8) + 8], 0xFF, 0xD9,
        ];
    }

    /// <summary>
    /// Where an orientation shows a stored pixel, from the EXIF specification's table of row 0 and column 0.
    /// </summary>
    public static (int X, int Y) Upright(int column, int row, int storedWidth, int storedHeight, int orientation) =>
        orientation switch
        {
            2 => (storedWidth - 1 - column, row),
            3 => (storedWidth - 1 - column, storedHeight - 1 - row),
            4 => (column, storedHeight - 1 - row),
            5 => (row, column),
            6 => (storedHeight - 1 - row, column),
            7 => (storedHeight - 1 - row, storedWidth - 1 - column),
            8 => (row, storedWidth - 1 - column),
            _ => (column, row),
        };

    /// <summary>EXIF: a TIFF structure whose only directory holds the orientation.</summary>
    public static byte[] Exif(uint orientation, bool isLittle = false, bool isLong = false)
    {
        byte[] exif = [.. isLittle ? "II*\0"u8 : "MM\0*"u8, .. new byte[22]];
        var body = exif.AsSpan(4);
        if (isLittle)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body, 8);
            BinaryPrimitives.WriteUInt16LittleEndian(body[4..], 1);
            BinaryPrimitives.WriteUInt16LittleEndian(body[6..], 0x0112);
            BinaryPrimitives.WriteUInt16LittleEndian(body[8..], (ushort)(isLong ? 4 : 3));
            BinaryPrimitives.WriteUInt32LittleEndian(body[10..], 1);
            BinaryPrimitives.WriteUInt32LittleEndian(body[14..], orientation);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(body, 8);
            BinaryPrimitives.WriteUInt16BigEndian(body[4..], 1);
            BinaryPrimitives.WriteUInt16BigEndian(body[6..], 0x0112);
            BinaryPrimitives.WriteUInt16BigEndian(body[8..], (ushort)(isLong ? 4 : 3));
            BinaryPrimitives.WriteUInt32BigEndian(body[10..], 1);
            BinaryPrimitives.WriteUInt32BigEndian(body[14..], isLong ? orientation : orientation << 16);
        }

        return exif;
    }

    /// <summary>A PNG with an additional chunk, before its data or at the end.</summary>
    public static byte[] WithPngChunk(byte[] png, string type, byte[] data, bool afterData = false)
    {
        const int AfterHeader = 33, EndLength = 12;
        var position = afterData ? png.Length - EndLength : AfterHeader;
        using var chunk = new MemoryStream();
        WriteChunk(chunk, type, data);
        return [.. png[..position], .. chunk.ToArray(), .. png[position..]];
    }

    /// <summary>A still WebP in the extended format, with metadata chunks after the image.</summary>
    public static byte[] ExtendedWebP(int width, int height, byte[] still, params (string Type, byte[] Data)[] metadata)
    {
        using var body = new MemoryStream();
        body.Write("WEBP"u8);
        var extended = new byte[10];
        extended[0] = (byte)metadata.Aggregate(0, (flags, chunk) => flags | (chunk.Type == "EXIF" ? 0x08 : 0x04));
        WriteInt24(extended.AsSpan(4), width - 1);
        WriteInt24(extended.AsSpan(7), height - 1);
        WriteRiffChunk(body, "VP8X", extended);
        body.Write(ImageChunks(still));
        foreach (var (type, data) in metadata)
        {
            WriteRiffChunk(body, type, data);
        }

        using var file = new MemoryStream();
        WriteRiffChunk(file, "RIFF", body.ToArray());
        return file.ToArray();
    }

    /// <summary>The data as a stream of zlib, as in a PNG.</summary>
    public static byte[] Compressed(ReadOnlySpan<byte> data)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(data);
        }

        return compressed.ToArray();
    }

    /// <summary>A PNG with one IDAT chunk; the scanlines are given without filter bytes.</summary>
    public static byte[] Png(
        int width,
        int height,
        int bitDepth,
        int colorType,
        ReadOnlySpan<byte> scanlines,
        params (string Type, byte[] Data)[] chunks)
    {
        var rowLength = height == 0 ? 0 : scanlines.Length / height;
        using var filtered = new MemoryStream();
        for (var y = 0; y < height; y++)
        {
            filtered.WriteByte(0);
            filtered.Write(scanlines.Slice(y * rowLength, rowLength));
        }

        return PngFromFiltered(width, height, bitDepth, colorType, interlace: 0, filtered.ToArray(), chunks);
    }

    /// <summary>An 8-bit RGB PNG in the seven passes of Adam7.</summary>
    public static byte[] InterlacedPng(int width, int height, Func<int, int, SKColor> color)
    {
        (int X, int Y, int StepX, int StepY)[] passes =
        [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ];
        using var filtered = new MemoryStream();
        foreach (var pass in passes)
        {
            for (var y = pass.Y; y < height && pass.X < width; y += pass.StepY)
            {
                filtered.WriteByte(0);
                for (var x = pass.X; x < width; x += pass.StepX)
                {
                    var pixel = color(x, y);
                    filtered.Write([pixel.Red, pixel.Green, pixel.Blue]);
                }
            }
        }

        return PngFromFiltered(width, height, 8, 2, interlace: 1, filtered.ToArray());
    }

    public static byte[] PngFromFiltered(
        int width,
        int height,
        int bitDepth,
        int colorType,
        byte interlace,
        byte[] filtered,
        params (string Type, byte[] Data)[] chunks)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)bitDepth, (byte)colorType, interlace);

        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(filtered);
        }

        using var png = new MemoryStream();
        png.Write([0x89, .. "PNG"u8, 0x0D, 0x0A, 0x1A, 0x0A]);
        WriteChunk(png, "IHDR", header);
        foreach (var (type, data) in chunks)
        {
            WriteChunk(png, type, data);
        }

        WriteChunk(png, "IDAT", compressed.ToArray());
        WriteChunk(png, "IEND", []);
        return png.ToArray();
    }

    /// <summary>A PNG that declares a size but has no data.</summary>
    public static byte[] EmptyPng(int width, int height) => PngFromFiltered(width, height, 1, 0, interlace: 0, []);

    /// <summary>A BMP with 24 bits per pixel, bottom row first.</summary>
    public static byte[] Bmp(int width, int height, Func<int, int, SKColor> color)
    {
        var stride = ((3 * width) + 3) / 4 * 4;
        var file = new byte[54 + (stride * height)];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), 54);
        WriteBitmapHeader(file.AsSpan(14), width, height, bitsPerPixel: 24);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var pixel = color(x, height - 1 - y);
                new[] { pixel.Blue, pixel.Green, pixel.Red }.CopyTo(file, 54 + (stride * y) + (3 * x));
            }
        }

        return file;
    }

    /// <summary>An icon of several squares, each with 32 bits per pixel and an empty mask.</summary>
    public static byte[] Icon(params (int Side, SKColor Color)[] pictures)
    {
        var offset = 6 + (16 * pictures.Length);
        using var file = new MemoryStream();
        file.Write([0, 0, 1, 0, (byte)pictures.Length, 0]);
        var bodies = new List<byte[]>();
        foreach (var (side, color) in pictures)
        {
            var maskStride = (side + 31) / 32 * 4;
            var body = new byte[40 + (4 * side * side) + (maskStride * side)];
            WriteBitmapHeader(body, side, 2 * side, bitsPerPixel: 32);
            for (var i = 0; i < side * side; i++)
            {
                new[] { color.Blue, color.Green, color.Red, color.Alpha }.CopyTo(body, 40 + (4 * i));
            }

            var entry = new byte[16];
            (entry[0], entry[1], entry[4], entry[6]) = ((byte)side, (byte)side, 1, 32);
            BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(8), body.Length);
            BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(12), offset);
            file.Write(entry);
            bodies.Add(body);
            offset += body.Length;
        }

        foreach (var body in bodies)
        {
            file.Write(body);
        }

        return file.ToArray();
    }

    /// <summary>
    /// A GIF with a palette of 128 colours and one frame per image of palette indices. Its codes have a fixed width,
    /// which the format allows.
    /// </summary>
    public static byte[] Gif(int width, int height, ReadOnlySpan<SKColor> palette, params Func<int, int, int>[] frames)
    {
        using var file = new MemoryStream();
        file.Write("GIF89a"u8);
        file.Write([(byte)width, 0, (byte)height, 0, 0xF6, 0, 0]);
        for (var i = 0; i < 128; i++)
        {
            var color = i < palette.Length ? palette[i] : SKColors.Black;
            file.Write([color.Red, color.Green, color.Blue]);
        }

        foreach (var frame in frames)
        {
            file.Write([0x21, 0xF9, 4, 0, 10, 0, 0, 0, 0x2C, 0, 0, 0, 0, (byte)width, 0, (byte)height, 0, 0, 7]);

            // A clear code after every 100 pixels keeps the decoder's table small, and so the codes at eight bits.
            var codes = new List<byte>();
            for (var i = 0; i < width * height; i++)
            {
                if (i % 100 == 0)
                {
                    codes.Add(128);
                }

                codes.Add((byte)frame(i % width, i / width));
            }

            codes.Add(129);
            foreach (var block in codes.Chunk(255))
            {
                file.WriteByte((byte)block.Length);
                file.Write(block);
            }

            file.WriteByte(0);
        }

        file.WriteByte(0x3B);
        return file.ToArray();
    }

    /// <summary>An animation of still WebP images of the same size.</summary>
    public static byte[] AnimatedWebP(int width, int height, params byte[][] stills)
    {
        using var body = new MemoryStream();
        body.Write("WEBP"u8);
        var extended = new byte[10];
        extended[0] = 0x02;
        WriteInt24(extended.AsSpan(4), width - 1);
        WriteInt24(extended.AsSpan(7), height - 1);
        WriteRiffChunk(body, "VP8X", extended);
        WriteRiffChunk(body, "ANIM", new byte[6]);
        foreach (var still in stills)
        {
            var frame = new byte[16];
            WriteInt24(frame.AsSpan(6), width - 1);
            WriteInt24(frame.AsSpan(9), height - 1);
            WriteInt24(frame.AsSpan(12), 100);
            WriteRiffChunk(body, "ANMF", [.. frame, .. ImageChunks(still)]);
        }

        using var file = new MemoryStream();
        WriteRiffChunk(file, "RIFF", body.ToArray());
        return file.ToArray();
    }

    // A frame holds only the image; an extended header, a profile and the like belong to the file.
    private static byte[] ImageChunks(byte[] still)
    {
        for (var position = 12; ;)
        {
            var chunk = still.AsSpan(position);
            if (chunk.StartsWith("VP8 "u8) || chunk.StartsWith("VP8L"u8) || chunk.StartsWith("ALPH"u8))
            {
                return chunk.ToArray();
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(chunk[4..]);
            position += 8 + length + (length % 2);
        }
    }

    private static void WriteInt24(Span<byte> target, int value) =>
        (target[0], target[1], target[2]) = ((byte)value, (byte)(value >> 8), (byte)(value >> 16));

    private static void WriteRiffChunk(MemoryStream stream, string type, byte[] data)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, data.Length);
        stream.Write([.. Encoding.ASCII.GetBytes(type), .. length, .. data]);
        if (data.Length % 2 == 1)
        {
            stream.WriteByte(0);
        }
    }

    private static void WriteBitmapHeader(Span<byte> target, int width, int height, byte bitsPerPixel)
    {
        target[0] = 40;
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], width);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], height);
        target[12] = 1;
        target[14] = bitsPerPixel;
    }

    private static void WriteChunk(MemoryStream stream, string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(body));
        stream.Write(number);
    }

    private static uint Crc32(ReadOnlySpan<byte> data)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }
        }

        return ~crc;
    }
}

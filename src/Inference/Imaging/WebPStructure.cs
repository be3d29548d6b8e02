using System.Buffers.Binary;
using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>A WebP's size and metadata, from its chunks (RFC 9649).</summary>
internal readonly ref struct WebPStructure
{
    private const int FileHeaderLength = 12;
    private const int ChunkHeaderLength = 8;

    private readonly ReadOnlySpan<byte> _exif;
    private readonly ReadOnlySpan<byte> _xmp;

    private WebPStructure(int width, int height, ReadOnlySpan<byte> exif, ReadOnlySpan<byte> xmp)
    {
        Width = width;
        Height = height;
        _exif = exif;
        _xmp = xmp;
    }

    public int Width { get; }

    public int Height { get; }

    public SKEncodedOrigin Orientation => ExifOrientation.Read(_exif) ?? XmpOrientation.Read(_xmp)
        ?? SKEncodedOrigin.TopLeft;

    /// <summary>Reads a file that begins with WebP's signature.</summary>
    public static bool TryRead(ReadOnlySpan<byte> webp, out WebPStructure structure)
    {
        structure = default;
        var rest = webp[FileHeaderLength..];
        if (!TryReadSize(rest, out var width, out var height))
        {
            return false;
        }

        ReadOnlySpan<byte> exif = default, xmp = default;
        while (rest.Length >= ChunkHeaderLength)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (length > rest.Length - ChunkHeaderLength)
            {
                break;
            }

            var data = rest.Slice(ChunkHeaderLength, (int)length);
            exif = exif.IsEmpty && rest.StartsWith("EXIF"u8) ? data : exif;
            xmp = xmp.IsEmpty && rest.StartsWith("XMP "u8) ? data : xmp;
            rest = rest[Math.Min(rest.Length, ChunkHeaderLength + (int)length + ((int)length & 1))..];
        }

        structure = new WebPStructure(width, height, exif, xmp);
        return true;
    }

    // The extended header holds the canvas size minus 1 in 24 bits. A lossy frame holds its size in 14 bits, after its
    // tag and start code. A lossless frame holds its size minus 1 in 14 bits, packed after its signature.
    private static bool TryReadSize(ReadOnlySpan<byte> chunk, out int width, out int height)
    {
        (width, height) = (0, 0);
        if (chunk.Length < ChunkHeaderLength)
        {
            return false;
        }

        var data = chunk[ChunkHeaderLength..];
        if (chunk.StartsWith("VP8X"u8) && data.Length >= 10)
        {
            (width, height) = (1 + UInt24(data[4..]), 1 + UInt24(data[7..]));
        }
        else if (chunk.StartsWith("VP8 "u8) && data.Length >= 10 && data[3..].StartsWith<byte>([0x9D, 0x01, 0x2A]))
        {
            width = BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3FFF;
            height = BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3FFF;
        }
        else if (chunk.StartsWith("VP8L"u8) && data.Length >= 5 && data[0] == 0x2F)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            (width, height) = (1 + (int)(bits & 0x3FFF), 1 + (int)((bits >> 14) & 0x3FFF));
        }
        else
        {
            return false;
        }

        return true;
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
}

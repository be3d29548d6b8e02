using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

/// <summary>The size, depth and compression that a Windows bitmap's header declares.</summary>
internal readonly record struct BitmapStructure(long Width, long Height, int BitsAPixel, uint Compression)
{
    public const int FileHeaderLength = 14;

    private const uint CoreHeaderLength = 12;
    private const uint ShortestLongHeader = 16;
    private const int CompressionEnd = 20;
    private const uint RunLength8 = 1;
    private const uint RunLength4 = 2;

    /// <param name="header">The bitmap from its header on, after the file header if there is one.</param>
    /// <param name="structure">The structure. A negative height means that the top row comes first.</param>
    public static bool TryRead(ReadOnlySpan<byte> header, out BitmapStructure structure)
    {
        structure = default;
        if (header.Length < ShortestLongHeader)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (length == CoreHeaderLength)
        {
            structure = new BitmapStructure(
                BinaryPrimitives.ReadUInt16LittleEndian(header[4..]),
                BinaryPrimitives.ReadUInt16LittleEndian(header[6..]),
                BinaryPrimitives.ReadUInt16LittleEndian(header[10..]),
                Compression: 0);
            return true;
        }

        structure = new BitmapStructure(
            BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
            Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(header[8..])),
            BinaryPrimitives.ReadUInt16LittleEndian(header[14..]),
            length >= CompressionEnd && header.Length >= CompressionEnd
                ? BinaryPrimitives.ReadUInt32LittleEndian(header[16..]) : 0);
        return length >= ShortestLongHeader;
    }

    /// <summary>
    /// Fills the pixels that run-length coding skips with the first colour of the palette, as Pillow does. Such a file
    /// has no transparency of its own.
    /// </summary>
    /// <param name="bitmap">The file, which was decoded.</param>
    /// <param name="pixels">Its pixels.</param>
    public static void FillSkipped(ReadOnlySpan<byte> bitmap, PixelBuffer pixels)
    {
        var header = bitmap[FileHeaderLength..];
        if (!TryRead(header, out var structure) || structure.Compression is not (RunLength8 or RunLength4))
        {
            return;
        }

        var palette = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(header), (uint)header.Length);
        if (header.Length - palette < 4)
        {
            return;
        }

        ReadOnlySpan<byte> color = [header[palette + 2], header[palette + 1], header[palette], 255];
        for (var y = 0; y < pixels.Height; y++)
        {
            for (var row = pixels.Row(y); !row.IsEmpty; row = row[color.Length..])
            {
                if (row[3] == 0)
                {
                    color.CopyTo(row);
                }
            }
        }
    }
}

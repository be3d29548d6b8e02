using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

/// <summary>The size and depth that a Windows bitmap's header declares.</summary>
internal readonly record struct BitmapStructure(long Width, long Height, int BitsAPixel)
{
    public const int FileHeaderLength = 14;

    private const uint CoreHeaderLength = 12;
    private const uint ShortestLongHeader = 16;

    /// <param name="header">From the header's own length on, behind the file header where there is one.</param>
    /// <param name="structure">Its size: a negative height means that the top row comes first.</param>
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
                BinaryPrimitives.ReadUInt16LittleEndian(header[10..]));
            return true;
        }

        structure = new BitmapStructure(
            BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
            Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(header[8..])),
            BinaryPrimitives.ReadUInt16LittleEndian(header[14..]));
        return length >= ShortestLongHeader;
    }
}

using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

internal static class PngStructure
{
    private const int SignatureLength = 8;
    private const int ChunkOverhead = 12; // its length, its type, its checksum
    private const int BitDepthAt = 24;
    private const int ColorTypeAt = 25;
    private const int Spare = 1 << 16;

    /// <summary>
    /// Whether the compressed data is longer than any of that many pixels can be. A decoder stops when the last row is full, and would take such a file for an image; what lies
    /// behind can only have been put there to inflate. Twice the plain rows and 64 KB are far more than the worst encoder needs, deflate's stored blocks and Adam7's seven passes included.
    /// </summary>
    /// <param name="png">The file, whose header is whole.</param>
    /// <param name="width">The width that it declares.</param>
    /// <param name="height">The height that it declares.</param>
    public static bool HoldsMoreThanItsPixels(ReadOnlySpan<byte> png, int width, int height)
    {
        var bitsAPixel = png[BitDepthAt] * ChannelsOf(png[ColorTypeAt]);
        var plain = height * (1 + ((((long)width * bitsAPixel) + 7) / 8));
        return DataLength(png) > (2 * plain) + Spare;
    }

    private static int ChannelsOf(byte colorType) => colorType switch
    {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };

    private static long DataLength(ReadOnlySpan<byte> png)
    {
        var total = 0L;
        var rest = png[SignatureLength..];
        while (rest.Length >= ChunkOverhead)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            total += rest.Slice(4, 4).SequenceEqual("IDAT"u8) ? Math.Min(length, (uint)rest.Length) : 0;
            if (length > rest.Length - ChunkOverhead)
                break;
            rest = rest[(ChunkOverhead + (int)length)..];
        }

        return total;
    }
}

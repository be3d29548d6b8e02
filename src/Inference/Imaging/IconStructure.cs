using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

internal static class IconStructure
{
    private const int HeaderLength = 6;
    private const int EntryLength = 16;

    // SKCodec passes over pictures that lie beyond the end of the file, and would silently show a smaller one instead.
    public static bool HoldsAllPictures(ReadOnlySpan<byte> icon)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(icon[4..]);
        if (icon.Length < HeaderLength + (count * EntryLength))
            return false;

        for (var i = 0; i < count; i++)
        {
            var entry = icon[(HeaderLength + (i * EntryLength))..];
            var length = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
            var offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            if ((ulong)offset + length > (ulong)icon.Length)
                return false;
        }

        return true;
    }
}

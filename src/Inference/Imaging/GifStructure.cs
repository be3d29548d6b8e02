using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

/// <summary>The size of a GIF: its screen, and its first frame where that goes beyond it.</summary>
internal static class GifStructure
{
    private const int ScreenDescriptorLength = 13;
    private const int ImageDescriptorLength = 10;
    private const byte ImageSeparator = 0x2C;
    private const byte ExtensionIntroducer = 0x21;

    /// <summary>Reads a file that begins with GIF's signature.</summary>
    public static bool TryReadSize(ReadOnlySpan<byte> gif, out int width, out int height)
    {
        (width, height) = (0, 0);
        if (gif.Length < ScreenDescriptorLength)
        {
            return false;
        }

        width = BinaryPrimitives.ReadUInt16LittleEndian(gif[6..]);
        height = BinaryPrimitives.ReadUInt16LittleEndian(gif[8..]);
        var colors = (gif[10] & 0x80) != 0 ? 3 << ((gif[10] & 7) + 1) : 0;
        var frame = FirstFrame(gif[Math.Min(gif.Length, ScreenDescriptorLength + colors)..]);
        if (!frame.IsEmpty)
        {
            width = Math.Max(width, BinaryPrimitives.ReadUInt16LittleEndian(frame[1..]) + BinaryPrimitives.ReadUInt16LittleEndian(frame[5..]));
            height = Math.Max(height, BinaryPrimitives.ReadUInt16LittleEndian(frame[3..]) + BinaryPrimitives.ReadUInt16LittleEndian(frame[7..]));
        }

        return true;
    }

    // Extensions, each a label and blocks of a counted length up to one of length 0, may stand before the first frame.
    private static ReadOnlySpan<byte> FirstFrame(ReadOnlySpan<byte> blocks)
    {
        while (blocks.Length >= ImageDescriptorLength && blocks[0] != ImageSeparator)
        {
            if (blocks[0] != ExtensionIntroducer)
            {
                return default;
            }

            blocks = blocks[2..];
            while (!blocks.IsEmpty && blocks[0] != 0)
            {
                blocks = blocks[Math.Min(blocks.Length, 1 + blocks[0])..];
            }

            blocks = blocks.IsEmpty ? blocks : blocks[1..];
        }

        return blocks.Length < ImageDescriptorLength ? default : blocks[..ImageDescriptorLength];
    }
}

using System.Buffers.Binary;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>
/// A GIF of one colour: the string of each code is a pixel longer than that of the code before it.
/// </summary>
internal static class FlatGif
{
    private const int LiteralBits = 8;
    private const int Clear = 1 << LiteralBits;
    private const int End = Clear + 1;
    private const int MaxCodes = 4096;

    /// <param name="side">Of the screen.</param>
    /// <param name="frameSide">Of the frame in its corner.</param>
    public static byte[] Make(int side, int frameSide)
    {
        using var file = new MemoryStream();
        file.Write("GIF89a"u8);
        file.Write([.. LittleEndian(side), .. LittleEndian(side), 0xF0, 0, 0, 10, 20, 30, 40, 50, 60]);
        file.Write([0x2C, 0, 0, 0, 0, .. LittleEndian(frameSide), .. LittleEndian(frameSide), 0x40, LiteralBits]);
        foreach (var block in Codes((long)frameSide * frameSide).Chunk(255))
        {
            file.WriteByte((byte)block.Length);
            file.Write(block);
        }

        file.Write([0, 0x3B]);
        return file.ToArray();
    }

    private static byte[] Codes(long pixels)
    {
        var bits = new BitWriter();
        var next = MaxCodes; // the code that the decoder defines next
        while (pixels > 0)
        {
            if (next == MaxCodes)
            {
                bits.Add(Clear, LiteralBits + 1);
                bits.Add(0, LiteralBits + 1);
                (next, pixels) = (End + 1, pixels - 1);
                continue;
            }

            var length = (int)Math.Min(pixels, next - End + 1);
            bits.Add(length == 1 ? 0 : length + End - 1, Width(next));
            (next, pixels) = (next + 1, pixels - length);
            if (next == MaxCodes)
            {
                bits.Add(Clear, Width(MaxCodes - 1));
            }
        }

        bits.Add(End, next == MaxCodes ? LiteralBits + 1 : Width(next));
        return bits.ToArray();
    }

    private static int Width(int code) => Math.Max(LiteralBits + 1, 32 - int.LeadingZeroCount(code));

    private static byte[] LittleEndian(int value)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }
}

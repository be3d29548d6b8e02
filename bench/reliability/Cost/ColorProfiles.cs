using System.Buffers.Binary;
using System.Text;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>
/// Colour profiles (ICC.1) whose tables make the decoder interpolate between the corners of a cube for every pixel.
/// </summary>
internal static class ColorProfiles
{
    private const int HeaderLength = 128;
    private const int TableEntries = 256;
    private const int GridSide = 2;
    private const int Outputs = 3;

    // The illuminant D50 in parts of 65536, as every profile states it.
    private static readonly int[] D50 = [0xF6D6, 0x10000, 0xD32D];

    public static byte[] Rgb { get; } = Make("RGB ", inputs: 3);

    public static byte[] Cmyk { get; } = Make("CMYK", inputs: 4);

    private static byte[] Make(string space, int inputs)
    {
        var table = Table(inputs);
        const int TagsLength = 4 + 12;
        var profile = new byte[HeaderLength + TagsLength + table.Length];
        var span = profile.AsSpan();
        BinaryPrimitives.WriteInt32BigEndian(span, profile.Length);
        profile[8] = 2; // version 2
        Write("prtr", span[12..]);
        Write(space, span[16..]);
        Write("Lab ", span[20..]);
        Write("acsp", span[36..]);
        for (var axis = 0; axis < D50.Length; axis++)
        {
            BinaryPrimitives.WriteInt32BigEndian(span[(68 + (4 * axis))..], D50[axis]);
        }

        BinaryPrimitives.WriteInt32BigEndian(span[HeaderLength..], 1);
        Write("A2B0", span[(HeaderLength + 4)..]);
        BinaryPrimitives.WriteInt32BigEndian(span[(HeaderLength + 8)..], HeaderLength + TagsLength);
        BinaryPrimitives.WriteInt32BigEndian(span[(HeaderLength + 12)..], table.Length);
        table.CopyTo(span[(HeaderLength + TagsLength)..]);
        return profile;
    }

    /// <summary>A table of type lut8: curves, a grid of two points an axis, and curves.</summary>
    private static byte[] Table(int inputs)
    {
        using var table = new MemoryStream();
        table.Write("mft1\0\0\0\0"u8);
        table.Write([(byte)inputs, Outputs, GridSide, 0]);
        for (var element = 0; element < 9; element++)
        {
            table.Write(element % 4 == 0 ? [0, 1, 0, 0] : [0, 0, 0, 0]); // the identity, of which Lab makes no use
        }

        Curves(inputs);
        for (var corner = 0; corner < 1 << inputs; corner++)
        {
            table.Write([(byte)(corner * 255 / ((1 << inputs) - 1)), 100, 150]);
        }

        Curves(Outputs);
        return table.ToArray();

        void Curves(int count)
        {
            for (var i = 0; i < count * TableEntries; i++)
            {
                table.WriteByte((byte)(i % TableEntries * (i % TableEntries) / (TableEntries - 1)));
            }
        }
    }

    private static void Write(string text, Span<byte> target) => Encoding.ASCII.GetBytes(text, target);
}

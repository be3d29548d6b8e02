using System.Buffers.Binary;

namespace SoftmaxService.Tests.Support.Images;

/// <summary>Small files that are valid, and take long or much memory to decode.</summary>
public static class CostlyImages
{
    private const int BlockSide = 8;
    private const int LongestRun = 32_767;
    private const int ShortestOfLongest = 16_384;

    // EOB14 of ITU-T T.81, table G.1: 14 bits follow that say how many blocks beyond 2¹⁴ end here.
    private const byte LongestRunSymbol = 0xE0;

    /// <summary>A black, interlaced PNG of 16 bits and four channels.</summary>
    public static byte[] InterlacedPng(int side)
    {
        const int BytesPerPixel = 8;
        (int X, int Y, int StepX, int StepY)[] passes =
        [
            (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
        ];
        var length = passes.Sum(pass =>
            Count(pass.Y, pass.StepY) * (1 + (BytesPerPixel * Count(pass.X, pass.StepX))));
        return EncodedImages.PngFromFiltered(side, side, 16, 6, interlace: 1, new byte[length]);

        int Count(int first, int step) => (side - first + step - 1) / step;
    }

    /// <summary>
    /// A black progressive JPEG. A first scan of each component says nothing, and all later ones refine that nothing;
    /// each passes over all blocks.
    /// </summary>
    public static byte[] ProgressiveJpeg(int side, int components, int scans)
    {
        byte[] frame = [8, .. BigEndian(side), .. BigEndian(side), (byte)components];
        for (var component = 1; component <= components; component++)
        {
            frame = [.. frame, (byte)component, 0x11, 0];
        }

        using var jpeg = new MemoryStream();
        jpeg.Write([0xFF, 0xD8]);
        jpeg.Write(components == 4 ? EncodedImages.JpegSegment(0xEE, "Adobe\0d\0\0\0\0\0"u8) : []);
        jpeg.Write(EncodedImages.JpegSegment(0xDB, [0, .. Enumerable.Repeat((byte)1, 64)]));
        jpeg.Write(EncodedImages.JpegSegment(0xC2, frame));
        jpeg.Write(EncodedImages.JpegSegment(0xC4, [0x10, 1, .. new byte[15], LongestRunSymbol]));
        var blocks = (side + BlockSide - 1) / BlockSide;
        var nothing = RunsOf(blocks * blocks);
        for (var scan = 0; scan < scans; scan++)
        {
            var component = (byte)((scan % components) + 1);
            var precision = scan < components ? (byte)0x0D : (byte)0xDC; // high and low bit
            jpeg.Write(EncodedImages.JpegSegment(0xDA, [1, component, 0, 1, 63, precision]));
            jpeg.Write(nothing);
        }

        jpeg.Write([0xFF, 0xD9]);
        return jpeg.ToArray();
    }

    /// <summary>The bits of blocks without coefficients, in runs; the one code is a single 0.</summary>
    private static byte[] RunsOf(int blocks)
    {
        var bits = new List<bool>();
        for (var left = blocks; left > 0;)
        {
            var run = left < ShortestOfLongest ? LongestRun : Math.Min(left, LongestRun);
            bits.Add(false);
            for (var bit = 13; bit >= 0; bit--)
            {
                bits.Add((((run - ShortestOfLongest) >> bit) & 1) != 0);
            }

            left -= run;
        }

        while (bits.Count % 8 != 0)
        {
            bits.Add(true);
        }

        var bytes = new List<byte>();
        foreach (var eight in bits.Chunk(8))
        {
            var value = (byte)eight.Aggregate(0, (sum, bit) => (2 * sum) + (bit ? 1 : 0));
            bytes.AddRange(value == 0xFF ? [value, 0] : [value]);
        }

        return [.. bytes];
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }
}

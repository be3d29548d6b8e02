namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>Makes bitmaps field by field: every header, depth and compression, top-down or bottom-up.</summary>
public static class BmpMaker
{
    private const int MostData = 1 << 20;

    public static byte[] Make(Random random)
    {
        var body = MakeBody(random, heightFactor: 1, out var pixelsAt);
        return new ByteSink().Add("BM"u8).Little32((uint)random.Usually(body.Length + 14, int.MaxValue)).Little32(0)
            .Little32((uint)random.Usually(14 + pixelsAt, 1 << 20, percent: 98)).Add(body).ToArray();
    }

    /// <summary>A bitmap without its file header, as in an icon, whose height includes the mask.</summary>
    public static byte[] MakeBody(Random random, int heightFactor, out int pixelsAt)
    {
        var headerLength = random.Chance(50) ? 40 : random.Chance(92) ? random.Of(12, 16, 40, 52, 56, 64, 108, 124)
            : random.Next(200);
        var bits = random.Chance(98) ? random.Of(1, 4, 8, 16, 24, 32) : random.Of(0, 2, 3, 48, 64, 255);
        var compression = random.Chance(88) ? bits == 8 && random.Chance(30) ? 1 : bits == 4 && random.Chance(30) ? 2
            : bits is 16 or 32 && random.Chance(50) ? 3 : 0 : random.Of(0, 1, 2, 3, 4, 5, 6, 11, 12, 13);
        var (width, height) = (random.Side(), random.Side());
        var colors = bits <= 8 ? random.Usually(1 << bits, 300, percent: 80) : random.Usually(0, 300);
        var stride = Math.Min(MostData, (((long)width * bits) + 31) / 32 * 4);
        var data = compression switch
        {
            1 or 2 => Runs(random),
            4 => JpegMaker.Make(random),
            5 => PngMaker.Make(random),
            _ => random.Samples((int)Math.Min(MostData, stride * height)),
        };
        if (heightFactor == 2)
        {
            data = [.. data, .. random.Noise((int)Math.Min(MostData, (width + 31) / 32 * 4L * height))];
        }

        data = random.Chance(94) ? data : data[..random.Next(data.Length + 1)];

        var header = new ByteSink().Little32((uint)headerLength);
        if (headerLength == 12)
        {
            header.Little16(width).Little16(height * heightFactor).Little16(1).Little16(bits);
        }
        else
        {
            var signedHeight = height * heightFactor * (random.Chance(20) ? -1 : 1);
            header.Little32((uint)(random.Chance(1) ? -width : width))
                .Little32((uint)(random.Chance(1) ? int.MinValue : signedHeight)).Little16(random.Usually(1, 3))
                .Little16(bits)
                .Little32((uint)compression).Little32((uint)data.Length).Little32(0).Little32(0).Little32((uint)colors)
                    .Little32(0);
            if (compression is 3 or 6 || headerLength > 40)
            {
                Masks(random, header, bits);
            }

            header.Add(new byte[Math.Max(0, headerLength - header.Length)]);
        }

        var entry = headerLength == 12 ? 3 : 4;
        header.Add(random.Noise(entry * (bits <= 8 ? random.Chance(95) ? colors : random.Next(300) : 0)));
        pixelsAt = header.Length;
        return [.. header.ToArray(), .. data];
    }

    private static void Masks(Random random, ByteSink header, int bits)
    {
        ReadOnlySpan<uint> masks = random.Next(4) switch
        {
            0 => bits == 16 ? [0xF800, 0x07E0, 0x001F, 0] : [0xFF0000, 0xFF00, 0xFF, 0xFF000000],
            1 => [0x7C00, 0x03E0, 0x001F, 0x8000],
            2 => [0xFF000000, 0xFF0000, 0xFF00, 0xFF],
            _ => [(uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32),
                (uint)random.NextInt64(1L << 32)],
        };
        foreach (var mask in masks)
        {
            header.Little32(mask);
        }
    }

    // Runs, literals, ends of rows, jumps, the end.
    private static byte[] Runs(Random random)
    {
        var runs = new ByteSink();
        for (var i = random.Next(600); i > 0; i--)
        {
            switch (random.Next(10))
            {
                case < 5:
                    runs.Add((byte)random.Next(1, 256), (byte)random.Next(256));
                    break;
                case < 8:
                    runs.Add(0, 0);
                    break;
                case 8:
                    runs.Add(0, 2, (byte)random.Next(64), (byte)random.Next(16));
                    break;
                default:
                    var count = random.Next(3, 60);
                    runs.Add(0, (byte)count).Add(random.Noise((count + 1) & ~1));
                    break;
            }
        }

        return runs.Add(0, 1).ToArray();
    }
}

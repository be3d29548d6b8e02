namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>Makes JPEGs marker by marker: every frame, precision, component count and sampling factor.</summary>
public static class JpegMaker
{
    private const int MostData = 1 << 18;

    public static byte[] Make(Random random)
    {
        List<byte[]> parts = [];
        for (var i = random.Next(4); i > 0; i--)
        {
            parts.Add(Application(random));
        }

        var components = random.Chance(95) ? random.Of(1, 3, 3, 4) : random.Next(6);
        var marker = random.Chance(82) ? random.Of(0xC0, 0xC0, 0xC1, 0xC2) : random.Chance(30) ? 0xC3
            : random.Usually(0xC0 + random.Next(16), 0xFE, percent: 95);
        var (width, height) = (random.Side(), random.Side());
        for (var table = 0; table < 2; table++)
        {
            parts.Add(QuantizationTable(random, table));
        }

        if (random.Chance(2))
        {
            parts.Add(Segment(random.Of(0xDE, 0xDF, 0xCC, 0xDC, 0xC8), random.Noise(random.Next(16))));
        }

        var frame = Frame(random, marker, components, width, height);
        parts.Add(frame);
        if (random.Chance(2))
        {
            parts.Add(random.Chance(50) ? frame
                : Frame(random, 0xC0 + random.Next(16), components, random.Side(), random.Side()));
        }

        for (var table = 0; table < 4; table++)
        {
            parts.Add(HuffmanTable(random, table));
        }

        if (random.Chance(20))
        {
            parts.Add(Segment(0xDD, new ByteSink().Big16(random.Next(random.Of(8, 65_536))).ToArray()));
        }

        var scans = marker == 0xC2 ? random.Next(1, 6) : random.Chance(90) ? 1 : random.Next(4);
        for (var scan = 0; scan < scans; scan++)
        {
            parts.Add(Scan(random, marker, components, width, height, scan));
        }

        if (random.Chance(6))
        {
            random.Shuffle(parts);
        }

        var end = random.Chance(97) ? new byte[] { 0xFF, 0xD9 } : [];
        return [0xFF, 0xD8, .. parts.SelectMany(part => part), .. end, .. random.Chance(5) ? random.Noise(20) : []];
    }

    private static byte[] Segment(int marker, ReadOnlySpan<byte> data) => new ByteSink().Add(0xFF, (byte)marker)
        .Big16(data.Length + 2).Add(data).ToArray();

    private static byte[] Application(Random random) => random.Next(7) switch
    {
        0 => Segment(
            0xE0, [.. "JFIF\0"u8, 1, 2, (byte)random.Next(3), 0, 1, 0, 1, (byte)random.Next(3), (byte)random.Next(3)]),
        1 => Segment(0xE1, [.. "Exif\0\0"u8, .. random.Exif()]),
        2 => Segment(0xE1, [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. random.Xmp()]),
        3 => Segment(
            0xE2, [.. "ICC_PROFILE\0"u8, (byte)random.Usually(1, 4), (byte)random.Usually(1, 4), .. random.Profile()]),
        4 => Segment(0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, (byte)random.Next(4)]),

        // Several images in one file, such as one with a gain map.
        5 => Segment(0xE2, [.. "MPF\0"u8, .. random.Exif()]),
        _ => Segment(random.Of(0xFE, 0xE0 + random.Next(16)), random.Noise(random.Next(60))),
    };

    private static byte[] QuantizationTable(Random random, int table)
    {
        var isWide = random.Chance(5);
        return Segment(0xDB,
            [(byte)((isWide ? 16 : 0) | random.Usually(table, 6)),
            .. random.Samples(random.Usually(isWide ? 128 : 64, 140))]);
    }

    private static byte[] Frame(Random random, int marker, int components, int width, int height)
    {
        var frame = new ByteSink().Byte(random.Chance(96) ? 8 : random.Next(2, 17)).Big16(height).Big16(width)
            .Byte(random.Usually(components, 256, percent: 99));
        var isSubsampled = random.Chance(50) && !IsLossless(marker);
        for (var i = 0; i < components; i++)
        {
            var (across, down) = i == 0 && isSubsampled ? (random.Next(1, 3), random.Next(1, 3)) : (1, 1);
            frame.Byte(random.Usually(i + 1, 6, percent: 99))
                .Byte((random.Usually(across, 6) << 4) | random.Usually(down, 6))
                .Byte(random.Usually(i == 0 ? 0 : 1, 5, percent: 99));
        }

        return Segment(marker, frame.ToArray());
    }

    private static bool IsLossless(int marker) => marker is 0xC3 or 0xC7 or 0xCB or 0xCF;

    // Two tables for DC, two for AC.
    private static byte[] HuffmanTable(Random random, int table)
    {
        var destination = random.Usually(((table / 2) << 4) | (table % 2), 0x24, percent: 99);
        switch (random.Next(20) switch { < 7 => 0, < 15 => 1, < 19 => 2, _ => 3 })
        {
            case 0:
                // A single one-bit code for the value 0: no difference and no coefficients.
                return Segment(0xC4, [(byte)destination, 1, .. new byte[15], 0]);
            case 1:
                // Eight codes of three bits for small differences, or for short runs of small coefficients.
                return Segment(0xC4,
                    [(byte)destination, 0, 0, 7, .. new byte[13], 0, 1, 2, (byte)(table < 2 ? 3 : 0x11),
                    (byte)(table < 2 ? 4 : 0x21), (byte)(table < 2 ? 5 : 0xF0), (byte)(table < 2 ? 6 : 0x03)]);
            case 2:
                var values = Enumerable.Range(0, 15).Select(_ => (byte)random.Next(table < 2 ? 12 : 256)).ToArray();
                return Segment(0xC4, [(byte)destination, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, .. values]);
            default:
                var counts = random.Noise(16).Select(count => (byte)(count % 4)).ToArray();
                return Segment(0xC4,
                    [(byte)destination, .. counts, .. random.Noise(random.Usually(counts.Sum(count => count), 300))]);
        }
    }

    private static byte[] Scan(Random random, int marker, int components, int width, int height, int scan)
    {
        var first = marker == 0xC2 && scan > 0 ? random.Next(Math.Max(1, components)) : 0;
        var count = marker == 0xC2 && scan > 0 ? 1 : components;
        var header = new ByteSink().Byte(random.Usually(count, 6, percent: 99));
        for (var i = first; i < first + count; i++)
        {
            header.Byte(random.Usually(i + 1, 6, percent: 99))
                .Byte(random.Usually(i == 0 ? 0 : 0x11, 0x44, percent: 99));
        }

        // A lossless scan has a predictor in place of the first coefficient, and a difference for each sample.
        var isLossless = IsLossless(marker);
        var (start, end) = isLossless ? (random.Next(1, 8), 0) : marker == 0xC2 ? scan == 0 ? (0, 0)
            : (random.Next(1, 30), random.Next(30, 64)) : (0, 63);
        var bits = marker == 0xC2 ? random.Of(0, 0, 1, 0x10, 0x21) : 0;
        header.Byte(random.Usually(start, 70)).Byte(random.Usually(end, 70)).Byte(random.Usually(bits, 256));

        // Noise, then zeros, which end each block in a few bits under most tables. A byte of 0xFF is followed by a zero
        // or starts a marker.
        var needed = Math.Min(MostData, ((long)width * height * components / (isLossless ? 8 : 64)) + 16);
        var noise = random.Noise(random.Next((int)Math.Min(needed, 4096)));
        var data = new ByteSink();
        foreach (var value in noise)
        {
            data.Byte(value);
            if (value == 0xFF)
            {
                data.Byte(random.Chance(98) ? 0 : random.Of(0xD0, 0xD1, 0xFF, 0xD9, 0xC3));
            }
        }

        var rest = random.Chance(96) ? (int)needed : random.Next((int)needed);
        return [.. Segment(0xDA, header.ToArray()), .. data.ToArray(), .. new byte[rest]];
    }
}

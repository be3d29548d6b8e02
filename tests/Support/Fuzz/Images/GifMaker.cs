namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>
/// Makes GIFs block by block: screens and frames of any size and position, palettes of any length, any code width.
/// </summary>
public static class GifMaker
{
    public static byte[] Make(Random random)
    {
        var (width, height) = (random.Side(), random.Side());
        var hasPalette = random.Chance(97);
        var paletteBits = random.Next(8);
        var gif = new ByteSink().Add(random.Chance(90) ? "GIF89a"u8 : "GIF87a"u8).Little16(width).Little16(height)
            .Add((byte)((hasPalette ? 0x80 : 0) | 0x70 | paletteBits), (byte)random.Next(256), 0);
        if (hasPalette)
        {
            gif.Add(random.Noise(3 << (paletteBits + 1)));
        }

        for (var frame = random.Usually(1, 4, percent: 70); frame > 0; frame--)
        {
            for (var i = random.Next(3); i > 0; i--)
            {
                Extension(random, gif);
            }

            Frame(random, gif, width, height);
        }

        if (random.Chance(97))
        {
            gif.Byte(0x3B);
        }

        return gif.ToArray();
    }

    private static void Extension(Random random, ByteSink gif)
    {
        switch (random.Next(4))
        {
            case 0 or 1:
                gif.Add(0x21, 0xF9, (byte)random.Usually(4, 9), (byte)random.Next(32), 10, 0, (byte)random.Next(256),
                    0);
                break;
            case 2:
                gif.Add(0x21, 0xFF, 11).Add("NETSCAPE2.0"u8).Add(3, 1, 0, 0, 0);
                break;
            default:
                Blocks(gif.Add(0x21, (byte)random.Of(0xFE, 0xFF, 0x01, random.Next(256))),
                    random.Noise(random.Next(300)));
                break;
        }
    }

    private static void Frame(Random random, ByteSink gif, int screenWidth, int screenHeight)
    {
        var (left, top) = (random.Usually(0, 400, percent: 75), random.Usually(0, 400, percent: 75));
        var (width, height) = random.Chance(75) ? (screenWidth, screenHeight) : (random.Side(), random.Side());
        var paletteBits = random.Next(8);
        var hasPalette = random.Chance(30);
        gif.Byte(0x2C).Little16(left).Little16(top).Little16(width).Little16(height)
            .Byte((hasPalette ? 0x80 | paletteBits : 0) | (random.Chance(20) ? 0x40 : 0));
        if (hasPalette)
        {
            gif.Add(random.Noise(3 << (paletteBits + 1)));
        }

        var bits = random.Usually(random.Next(2, 9), 14, percent: 98);
        gif.Byte(bits);
        Blocks(gif, Codes(random, bits, (long)width * height));
    }

    // Either literals with enough clear codes to keep the code width, or noise, in which every code up to the largest
    // so far is valid.
    private static byte[] Codes(Random random, int bits, long pixels)
    {
        if (bits is < 2 or > 8 || random.Chance(15))
        {
            return random.Noise(random.Next(3000));
        }

        var (clear, size) = (1 << bits, bits + 1);
        var sink = new ByteSink();
        var (value, filled) = (0, 0);
        void Write(int code)
        {
            value |= code << filled;
            for (filled += size; filled >= 8; filled -= 8, value >>= 8)
            {
                sink.Byte(value);
            }
        }

        var count = Math.Min(random.Chance(96) ? pixels : random.NextInt64(pixels + 50), 300_000);
        for (var i = 0L; i < count; i++)
        {
            if (i % (clear - 2) == 0)
            {
                Write(clear);
            }

            Write((int)(i * 7 % clear));
        }

        Write(clear + 1);
        return sink.Byte(value).ToArray();
    }

    private static void Blocks(ByteSink gif, byte[] data)
    {
        foreach (var block in data.Chunk(255))
        {
            gif.Byte(block.Length).Add(block);
        }

        gif.Byte(0);
    }
}

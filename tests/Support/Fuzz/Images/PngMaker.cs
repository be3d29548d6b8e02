using System.Text;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>
/// Makes PNGs chunk by chunk: every depth and colour type, interlaced or not, with every chunk that a decoder reads.
/// </summary>
public static class PngMaker
{
    private const int MostData = 1 << 20;
    private static readonly (int X, int Y, int StepX, int StepY)[] Passes = [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    public static byte[] Make(Random random)
    {
        var colorType = random.Chance(97) ? random.Of(0, 2, 3, 4, 6) : random.Next(9);
        var depth = random.Chance(96)
            ? random.Of(colorType is 0 ? [1, 2, 4, 8, 16] : colorType is 3 ? [1, 2, 4, 8] : (ReadOnlySpan<int>)[8, 16])
            : random.Next(18);
        var isInterlaced = random.Chance(30);
        var (width, height) = ((long)random.Side(), (long)random.Side());
        if (random.Chance(2))
        {
            (width, height) = (random.NextInt64(1L << 32), random.Next(4));
        }

        List<byte[]> parts =
        [
            Chunk("IHDR", new ByteSink().Big32((uint)width).Big32((uint)height)
                .Add((byte)depth, (byte)colorType, (byte)random.Usually(0, 3, percent: 99),
                (byte)random.Usually(0, 3, percent: 99), (byte)random.Usually(isInterlaced ? 1 : 0, 4, percent: 98))
                .ToArray()),
        ];
        for (var i = random.Next(4); i > 0; i--)
        {
            parts.Add(Ancillary(random));
        }

        if (random.Chance(15))
        {
            parts.Add(Chunk("acTL", new ByteSink().Big32((uint)random.Usually(2, 1 << 20)).Big32(0).ToArray()));
            parts.Add(FrameControl(random, 0, width, height));
        }

        if (colorType == 3 ? random.Chance(97) : random.Chance(10))
        {
            parts.Add(Chunk("PLTE", random.Noise(random.Chance(90) ? 3 * random.Next(1, 257) : random.Next(800))));
        }

        if (random.Chance(35))
        {
            parts.Add(
                Chunk("tRNS",
                random.Noise(random.Chance(80) ? colorType switch { 0 => 2, 2 => 6, _ => random.Next(257) }
                : random.Next(300))));
        }

        if (random.Chance(15))
        {
            parts.Add(
                Chunk("bKGD", random.Noise(random.Usually(colorType switch { 3 => 1, 0 or 4 => 2, _ => 6 }, 12))));
        }

        var data = EncodedImages.Compressed(Scanlines(random, width, height, depth, colorType, isInterlaced));
        foreach (var piece in random.Chance(75) ? [data] : data.Chunk(random.Next(1, 2000)))
        {
            parts.Add(Chunk("IDAT", piece));
        }

        if (random.Chance(15))
        {
            parts.Add(FrameControl(random, 1, width, height));
            parts.Add(
                Chunk("fdAT", new ByteSink().Big32((uint)random.Usually(2, 9))
                .Add(data.AsSpan(0, Math.Min(data.Length, 1 << 14))).ToArray()));
        }

        if (random.Chance(20))
        {
            parts.Add(Ancillary(random));
        }

        parts.Add(Chunk("IEND", []));
        if (random.Chance(6))
        {
            random.Shuffle(parts);
        }

        return [0x89, .. "PNG\r\n\u001a\n"u8, .. parts.SelectMany(part => part)];
    }

    private static byte[] Chunk(string type, ReadOnlySpan<byte> data) => new ByteSink()
        .PngChunk(Encoding.ASCII.GetBytes(type), data).ToArray();

    private static byte[] FrameControl(Random random, int number, long width, long height) =>
        Chunk("fcTL", new ByteSink().Big32((uint)random.Usually(number, 9))
            .Big32((uint)random.Usually((int)width, 1 << 20)).Big32((uint)random.Usually((int)height, 1 << 20))
            .Big32((uint)random.Usually(0, 600)).Big32((uint)random.Usually(0, 600)).Big16(1).Big16(10)
            .Add((byte)random.Next(4), (byte)random.Next(3)).ToArray());

    private static byte[] Ancillary(Random random)
    {
        var text = random.Chance(50) ? "XML:com.adobe.xmp"
            : random.Of("Raw profile type exif", "Raw profile type APP1", "Comment");
        byte[] keyword = [.. Encoding.ASCII.GetBytes(text), 0];
        var value = text.StartsWith("Raw", StringComparison.Ordinal)
            ? Encoding.ASCII.GetBytes($"\nexif\n{24}\n{Convert.ToHexString(random.Exif())}\n") : random.Xmp();
        return random.Next(13) switch
        {
            0 => Chunk("gAMA", new ByteSink().Big32((uint)random.Usually(45_455, int.MaxValue, percent: 50)).ToArray()),
            1 => Chunk("cHRM", random.Chance(50)
                ? [0, 0, 0x7A, 0x26, 0, 0, 0x80, 0x84, 0, 0, 0xFA, 0, 0, 0, 0x80, 0xE8, 0, 0, 0x75, 0x30, 0, 0, 0xEA,
                0x60, 0, 0, 0x3A, 0x98, 0, 0, 0x17, 0x70] : random.Noise(32)),
            2 => Chunk("sRGB", [(byte)random.Next(5)]),
            3 => Chunk("iCCP", [.. "p\0\0"u8, .. EncodedImages.Compressed(random.Profile())]),
            4 => Chunk("cICP", [(byte)random.Next(14), (byte)random.Next(20), 0, (byte)random.Next(2)]),
            5 => Chunk("eXIf", random.Exif()),
            6 => Chunk("tEXt", [.. keyword, .. value]),
            7 => Chunk("zTXt", [.. keyword, 0, .. EncodedImages.Compressed(value)]),
            8 => Chunk("iTXt", random.Chance(50) ? [.. keyword, 0, 0, 0, 0, .. value]
                : [.. keyword, 1, 0, 0, 0, .. EncodedImages.Compressed(value)]),
            9 => Chunk("sBIT", random.Noise(random.Next(6))),
            10 => Chunk("pHYs", random.Noise(9)),
            11 => Chunk("hIST", random.Noise(random.Next(600))),
            _ => Chunk(random.Of("sPLT", "tIME", "mDCV", "cLLI", "gdAT", "gmAP", "vpAg", "aBCd"),
                random.Noise(random.Next(50))),
        };
    }

    private static byte[] Scanlines(Random random, long width, long height, int depth, int colorType, bool isInterlaced)
    {
        var bits = depth * colorType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        List<(long Width, long Height)> pictures = isInterlaced
            ? [.. Passes.Select(
                pass => ((width - pass.X + pass.StepX - 1) / pass.StepX,
                (height - pass.Y + pass.StepY - 1) / pass.StepY))]
            : [(width, height)];
        var sink = new ByteSink();
        foreach (var (columns, rows) in pictures.Where(picture => picture is { Width: > 0, Height: > 0 }))
        {
            var rowLength = (int)Math.Min(MostData, ((columns * bits) + 7) / 8);
            var samples = random.Samples(rowLength);
            var filters = random.Chance(98) ? 5 : 6;
            for (long row = 0; row < rows && sink.Length < MostData; row++)
            {
                sink.Byte(random.Next(filters)).Add(samples);
            }
        }

        var scanlines = sink.ToArray();
        return random.Chance(94) ? scanlines : random.Chance(50) ? scanlines[..random.Next(scanlines.Length + 1)]
            : [.. scanlines, .. random.Noise(random.Next(3000))];
    }
}

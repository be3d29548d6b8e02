using System.Buffers.Binary;
using SkiaSharp;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>Makes WebPs chunk by chunk around frames from an encoder, with possibly wrong headers.</summary>
public static class WebPMaker
{
    private static readonly Lazy<(int Width, int Height, byte[] Chunks)[]> Stills = new(MakeStills);

    public static byte[] Make(Random random)
    {
        var still = random.Of<(int Width, int Height, byte[] Chunks)>(Stills.Value);
        var body = new ByteSink();
        if (random.Chance(30))
        {
            body.Add(Frame(random, still.Chunks));
        }
        else
        {
            var isAnimated = random.Chance(35);
            var (width, height) = random.Chance(88) ? (still.Width, still.Height)
                : (Math.Max(1, random.Side()), Math.Max(1, random.Side()));
            var flags = random.Chance(92) ? (isAnimated ? 0x02 : 0) | (random.Chance(50) ? 0x10 : 0) | 0x2C
                : random.Next(256);
            body.RiffChunk("VP8X"u8, new ByteSink().Byte(flags).Little24(0)
                .Little24(random.Usually(width - 1, 1 << 24, percent: 99))
                .Little24(random.Usually(height - 1, 1 << 24, percent: 99)).ToArray());
            Add(random, body, 30, "ICCP"u8, random.Profile());
            if (isAnimated)
            {
                body.RiffChunk("ANIM"u8, random.Noise(random.Usually(6, 10)));
                for (var i = random.Next(1, 4); i > 0; i--)
                {
                    var frame = random.Chance(75) ? still
                        : random.Of<(int Width, int Height, byte[] Chunks)>(Stills.Value);
                    var (left, top) = (random.Usually(0, 1 << 10, percent: 92),
                        random.Usually(0, 1 << 10, percent: 92));
                    body.RiffChunk("ANMF"u8, new ByteSink().Little24(left).Little24(top)
                        .Little24(random.Usually(frame.Width - 1, 1 << 12))
                        .Little24(random.Usually(frame.Height - 1, 1 << 12)).Little24(random.Next(200))
                        .Byte(random.Next(4)).Add(Frame(random, frame.Chunks)).ToArray());
                }
            }
            else
            {
                if (random.Chance(25))
                {
                    // Uncompressed alpha has one byte per pixel after its header.
                    var method = random.Usually(0, 4, percent: 92);
                    body.RiffChunk("ALPH"u8,
                        [(byte)(method | (random.Next(4) << 2) | (random.Next(4) << 4)),
                        .. random.Samples(random.Usually(still.Width * still.Height, 5000))]);
                }

                body.Add(Frame(random, still.Chunks));
            }

            Add(random, body, 30, "EXIF"u8, random.Exif());
            Add(random, body, 30, "XMP "u8, random.Xmp());
        }

        var chunks = body.ToArray();
        chunks = random.Chance(3) ? chunks[..random.Next(chunks.Length)] : chunks;
        return new ByteSink().Add("RIFF"u8).Little32((uint)random.Usually(chunks.Length + 4, 1 << 24, percent: 99))
            .Add("WEBP"u8).Add(chunks).ToArray();
    }

    private static void Add(Random random, ByteSink body, int percent, ReadOnlySpan<byte> type, byte[] data)
    {
        if (random.Chance(percent))
        {
            body.RiffChunk(type, data);
        }
    }

    // The size, or anything after it, may be replaced.
    private static byte[] Frame(Random random, byte[] chunks)
    {
        byte[] frame = [.. chunks];
        var start = frame.AsSpan().StartsWith("ALPH"u8)
            ? 8 + ((BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(4)) + 1) & ~1) : 0;
        var (sizeAt, dataAt) = frame.AsSpan(start).StartsWith("VP8L"u8) ? (start + 9, start + 13)
            : (start + 14, start + 18);
        if (random.Chance(15))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(sizeAt), (uint)random.NextInt64(1L << 32));
        }
        else if (random.Chance(10))
        {
            frame[sizeAt] = (byte)random.Next(256);
        }

        if (random.Chance(30) && dataAt < frame.Length)
        {
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                frame[random.Next(dataAt, frame.Length)] = (byte)random.Next(256);
            }
        }

        return frame;
    }

    private static (int Width, int Height, byte[] Chunks)[] MakeStills()
    {
        List<(int, int, byte[])> stills = [];
        foreach (
            var (width, height) in (ReadOnlySpan<(int, int)>)[
            (1, 1), (2, 3), (16, 16), (17, 33), (28, 28), (63, 64), (130, 97), (300, 200), (600, 450)])
        {
            foreach (var alpha in (ReadOnlySpan<SKAlphaType>)[SKAlphaType.Opaque, SKAlphaType.Unpremul])
            {
                var hasAlpha = alpha == SKAlphaType.Unpremul;
                SKColor Color(int x, int y) => EncodedImages.Colorful(x, y).WithAlpha((byte)(hasAlpha ? x * 6 : 255));
                stills.Add(
                    (width, height,
                    ChunksOf(EncodedImages.Encode(width, height, Color, SKEncodedImageFormat.Webp, 60, alpha))));
                stills.Add(
                    (width, height,
                    ChunksOf(
                    Lossless(EncodedImages.Encode(width, height, Color, SKEncodedImageFormat.Png, 100, alpha)))));
            }
        }

        return [.. stills];
    }

    private static byte[] Lossless(byte[] png)
    {
        using var bitmap = SKBitmap.Decode(png);
        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 30))
            ?? throw new InvalidOperationException("Skia could not encode a WebP.");
        return data.ToArray();
    }

    // Only the image, from its first chunk on.
    private static byte[] ChunksOf(byte[] still)
    {
        for (var position = 12; ;)
        {
            var chunk = still.AsSpan(position);
            if (chunk.StartsWith("VP8 "u8) || chunk.StartsWith("VP8L"u8) || chunk.StartsWith("ALPH"u8))
            {
                return chunk.ToArray();
            }

            position += 8 + ((BinaryPrimitives.ReadInt32LittleEndian(chunk[4..]) + 1) & ~1);
        }
    }
}

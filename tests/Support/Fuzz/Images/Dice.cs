using System.Globalization;
using System.Text;

namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>
/// Random choices that are mostly valid, so that a file gets far into a decoder before the first fault.
/// </summary>
public static class Dice
{
    private static readonly int[] ModelSides = [.. ImageSetups.Sides];

    public static bool Chance(this Random random, int percent) => random.Next(100) < percent;

    public static T Of<T>(this Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    public static T Pick<T>(this Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    /// <summary>The usual value, or rarely one from 0 up to but excluding <paramref name="end"/>.</summary>
    public static int Usually(this Random random, int usual, int end, int percent = 99) => random.Chance(percent)
        ? usual : random.Next(end);

    /// <summary>
    /// A side: mostly from 1 to 600, often at the limits of scaled decoding, rarely 0 or the largest 16-bit values.
    /// </summary>
    public static int Side(this Random random) => random.Next(40) switch
    {
        0 => 0,
        1 => random.Next(65_536),
        2 => random.Of(1, 2, 7, 8, 9, 15, 16, 17, 16_383, 16_384, 65_500, 65_535),
        < 14 => Math.Max(1,
            (random.Of(ModelSides) * random.Of(1, 1, 2, 2, 4, 8) / random.Of(1, 1, 2)) + random.Next(-2, 3)),
        < 24 => random.Next(1, 40),
        _ => 1 + (int)(600 * Math.Pow(random.NextDouble(), 2)),
    };

    public static byte[] Noise(this Random random, int length)
    {
        var noise = new byte[Math.Max(0, length)];
        random.NextBytes(noise);
        return noise;
    }

    /// <summary>Bytes like those of an image, noise, or equal bytes.</summary>
    public static byte[] Samples(this Random random, int length)
    {
        if (random.Chance(40))
        {
            return random.Noise(length);
        }

        var samples = new byte[Math.Max(0, length)];
        var (step, start) = (random.Next(4), random.Next(256));
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = (byte)(start + (i * step / 3));
        }

        return samples;
    }

    /// <summary>Moves, drops, repeats or cuts one of the parts that a file is made of.</summary>
    public static void Shuffle(this Random random, List<byte[]> parts)
    {
        if (parts.Count == 0)
        {
            return;
        }

        var i = random.Next(parts.Count);
        var j = random.Next(parts.Count);
        switch (random.Next(4))
        {
            case 0:
                (parts[i], parts[j]) = (parts[j], parts[i]);
                break;
            case 1:
                parts.RemoveAt(i);
                break;
            case 2:
                parts.Insert(j, parts[i]);
                break;
            default:
                parts[i] = parts[i][..random.Next(parts[i].Length + 1)];
                break;
        }
    }

    /// <summary>
    /// EXIF with an orientation, mostly one of the eight valid ones; sometimes its directories point elsewhere.
    /// </summary>
    public static byte[] Exif(this Random random)
    {
        var sink = new ByteSink();
        var orientation = random.Usually(random.Next(1, 9), 70_000);
        var count = random.Usually(1, 65_536);
        var (type, values) = (random.Of(3, 3, 4, 1, 7), random.Usually(1, 1 << 30));
        if (random.Chance(30))
        {
            sink.Add("Exif\0\0"u8);
        }

        if (random.Chance(50))
        {
            sink.Add("II*\0"u8).Little32((uint)random.Usually(8, 1 << 30)).Little16(count).Little16(0x112)
                .Little16(type).Little32((uint)values).Little32((uint)orientation)
                .Little32((uint)random.Usually(0, 1 << 30));
        }
        else
        {
            sink.Add("MM\0*"u8).Big32((uint)random.Usually(8, 1 << 30)).Big16(count).Big16(0x112).Big16(type)
                .Big32((uint)values).Big16(orientation).Big16(0).Big32((uint)random.Usually(0, 1 << 30));
        }

        var exif = sink.ToArray();
        return random.Chance(10) ? exif[..random.Next(exif.Length)] : exif;
    }

    public static byte[] Xmp(this Random random)
    {
        var orientation = random.Usually(random.Next(1, 9), 100);
        return Encoding.UTF8.GetBytes(
            random.Chance(50)
                ? string.Create(CultureInfo.InvariantCulture,
                    $"<x:xmpmeta><rdf:Description tiff:Orientation=\"{orientation}\"/></x:xmpmeta>")
                : string.Create(CultureInfo.InvariantCulture,
                    $"<x:xmpmeta><tiff:Orientation>{orientation}</tiff:Orientation></x:xmpmeta>"));
    }

    /// <summary>
    /// A colour profile with a header, a table of tags, and arbitrary matrices and curves.
    /// </summary>
    public static byte[] Profile(this Random random)
    {
        ReadOnlySpan<string> tags = [
            "rXYZ", "gXYZ", "bXYZ", "wtpt", "rTRC", "gTRC", "bTRC", "kTRC", "A2B0", "B2A0", "cicp", "chad", "desc"];
        var count = random.Usually(random.Next(1, 10), 1 << 20, percent: 99);
        var body = new ByteSink();
        var table = new ByteSink().Big32((uint)count);
        var shown = Math.Min(count, 12);
        var start = 128 + 4 + (12 * shown);
        for (var i = 0; i < shown; i++)
        {
            var data = new ByteSink();
            switch (random.Next(6))
            {
                case 0:
                    data.Add("XYZ \0\0\0\0"u8).Add(random.Noise(12));
                    break;
                case 1:
                    data.Add("curv\0\0\0\0"u8).Big32((uint)random.Usually(random.Next(4), 1 << 30))
                        .Add(random.Noise(2 * random.Next(6)));
                    break;
                case 2:
                    data.Add("para\0\0\0\0"u8).Big16(random.Next(6)).Big16(0).Add(random.Noise(28));
                    break;
                case 3:
                    data.Add(random.Chance(50) ? "mAB \0\0\0\0"u8 : "mft2\0\0\0\0"u8).Add(3, 3, (byte)random.Next(4), 0)
                        .Add(random.Noise(random.Next(200)));
                    break;
                case 4:
                    data.Add("cicp\0\0\0\0"u8).Add(random.Noise(4));
                    break;
                default:
                    data.Add(random.Noise(random.Next(40)));
                    break;
            }

            var offset = random.Usually(start + body.Length, 1 << 30, percent: 99);
            table.Add(Encoding.ASCII.GetBytes(i < 7 ? tags[i] : random.Of(tags))).Big32((uint)offset)
                .Big32((uint)random.Usually(data.Length, 1 << 30, percent: 99));
            body.Add(data.ToArray());
        }

        var size = start + body.Length;
        var profile = new ByteSink().Big32((uint)random.Usually(size, 1 << 30, percent: 99)).Add("none"u8)
            .Byte(random.Of(2, 4)).Byte(0x20).Big16(0).Add("mntr"u8)
            .Add(random.Of("RGB ", "GRAY", "CMYK", "Lab ") is var space ? Encoding.ASCII.GetBytes(space) : [])
                .Add(random.Chance(80) ? "XYZ "u8 : "Lab "u8).Add(new byte[12]).Add("acsp"u8)
            .Add(new byte[28]).Add([0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D]).Add(new byte[48]);
        return [.. profile.ToArray(), .. table.ToArray(), .. body.ToArray()];
    }
}

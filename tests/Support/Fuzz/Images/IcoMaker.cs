namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>
/// Makes icons entry by entry: bitmaps and PNGs whose directory may have wrong sizes, offsets and lengths.
/// </summary>
public static class IcoMaker
{
    public static byte[] Make(Random random)
    {
        var pictures = new byte[random.Next(1, 4)][];
        for (var i = 0; i < pictures.Length; i++)
        {
            pictures[i] = random.Chance(30) ? PngMaker.Make(random) : BmpMaker.MakeBody(random, heightFactor: 2, out _);
        }

        var offset = 6 + (16 * pictures.Length);
        var icon = new ByteSink().Little16(0).Little16(1).Little16(random.Usually(pictures.Length, 300, percent: 97));
        var size = offset + pictures.Sum(picture => picture.Length);
        foreach (var picture in pictures)
        {
            icon.Add((byte)random.Next(256), (byte)random.Next(256), 0, 0).Little16(1)
                .Little16(random.Of(1, 4, 8, 24, 32))
                .Little32((uint)random.Usually(picture.Length, size, percent: 98))
                    .Little32((uint)random.Usually(offset, size, percent: 98));
            offset += picture.Length;
        }

        foreach (var picture in pictures)
        {
            icon.Add(picture);
        }

        return icon.ToArray();
    }
}

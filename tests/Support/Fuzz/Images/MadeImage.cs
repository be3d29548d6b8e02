namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>An image file assembled part by part; its parts may contradict each other.</summary>
/// <param name="Format">The intended format.</param>
/// <param name="MediaType">The media type that it is sent with.</param>
/// <param name="Bytes">The file.</param>
public sealed record MadeImage(string Format, string MediaType, byte[] Bytes)
{
    private static readonly string[] Names = ["PNG", "JPEG", "WebP", "GIF", "BMP", "ICO"];

    public static IReadOnlyList<string> Formats => Names;

    public int FormatIndex => Array.IndexOf(Names, Format);

    /// <summary>Makes an image that depends only on the seed and the number.</summary>
    public static MadeImage Make(int seed, long number)
    {
        // Random starts similarly for adjacent seeds, so the seeds are spread.
        var random = new Random(unchecked((int)(((seed * 1_000_003L) + number) * 2_654_435_761L >> 7)));
        return Make(random);
    }

    public static MadeImage Make(Random random)
    {
        var (format, mediaType, bytes) = random.Next(100) switch
        {
            < 45 => ("JPEG", "image/jpeg", JpegMaker.Make(random)),
            < 65 => ("PNG", "image/png", PngMaker.Make(random)),
            < 77 => ("WebP", "image/webp", WebPMaker.Make(random)),
            < 85 => ("GIF", "image/gif", GifMaker.Make(random)),
            < 94 => ("BMP", "image/bmp", BmpMaker.Make(random)),
            _ => ("ICO", "image/x-icon", IcoMaker.Make(random)),
        };
        return new MadeImage(format, mediaType, random.Chance(8) ? ByteMutation.DamageImage(random, bytes) : bytes);
    }
}

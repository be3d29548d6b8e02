using SkiaSharp;

namespace SoftmaxService.Cli.Reports;

/// <summary>An image small enough to be part of a page, as a data address.</summary>
internal static class Thumbnail
{
    private const int Side = 96;

    public static string? ToDataUri(byte[] encoded)
    {
        using var bitmap = SKBitmap.Decode(encoded);
        if (bitmap is null)
        {
            return null;
        }

        // Small images stay as they are; the page enlarges them without blurring.
        var scale = Math.Min(1.0, Side / (double)Math.Max(bitmap.Width, bitmap.Height));
        using var small =
            scale < 1.0
                ? bitmap.Resize(
                    new SKSizeI(Math.Max(1, (int)(bitmap.Width * scale)), Math.Max(1, (int)(bitmap.Height * scale))),
                    new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear))
                : bitmap.Copy();
        using var data = small.Encode(SKEncodedImageFormat.Png, 100);
        return $"data:image/png;base64,{Convert.ToBase64String(data.AsSpan())}";
    }
}

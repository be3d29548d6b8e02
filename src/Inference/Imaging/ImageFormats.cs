using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

/// <summary>An image format that is read here.</summary>
/// <param name="Name">The format's usual name, such as <c>PNG</c>.</param>
/// <param name="MediaTypes">Its media types, the registered one first.</param>
public sealed record ImageFormat(string Name, IReadOnlyList<string> MediaTypes);

/// <summary>
/// The image formats that are read here. They are recognized by their first bytes, never by a name or a declared type.
/// </summary>
public static class ImageFormats
{
    /// <summary>Portable Network Graphics.</summary>
    public static ImageFormat Png { get; } = new("PNG", ["image/png"]);

    /// <summary>JPEG, baseline or progressive.</summary>
    public static ImageFormat Jpeg { get; } = new("JPEG", ["image/jpeg"]);

    /// <summary>WebP, lossy or lossless; of an animation the first frame.</summary>
    public static ImageFormat WebP { get; } = new("WebP", ["image/webp"]);

    /// <summary>GIF; of an animation the first frame.</summary>
    public static ImageFormat Gif { get; } = new("GIF", ["image/gif"]);

    /// <summary>Windows bitmap.</summary>
    public static ImageFormat Bmp { get; } = new("BMP", ["image/bmp", "image/x-ms-bmp"]);

    /// <summary>Windows icon; of several pictures the largest.</summary>
    public static ImageFormat Ico { get; } = new("ICO", ["image/vnd.microsoft.icon", "image/x-icon"]);

    /// <summary>Every format that is read.</summary>
    public static IReadOnlyList<ImageFormat> All { get; } = [Png, Jpeg, WebP, Gif, Bmp, Ico];

    /// <summary>The names of all formats as one phrase for messages: <c>PNG, JPEG, WebP, GIF, BMP or ICO</c>.</summary>
    public static string Names { get; } =
        string.Join(", ", All.SkipLast(1).Select(format => format.Name)) + " or " + All[^1].Name;

    /// <summary>Recognizes a format by its signature.</summary>
    /// <param name="encoded">The encoded image; 32 bytes of its beginning are enough.</param>
    /// <returns>The format, or <see langword="null"/> when the format is not read here.</returns>
    public static ImageFormat? Identify(ReadOnlySpan<byte> encoded)
    {
        if (encoded.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        {
            return Png;
        }

        if (encoded.StartsWith<byte>([0xFF, 0xD8, 0xFF]))
        {
            return Jpeg;
        }

        if (encoded.StartsWith("RIFF"u8) && encoded.Length >= 12 && encoded[8..].StartsWith("WEBP"u8))
        {
            return WebP;
        }

        if (encoded.StartsWith("GIF87a"u8) || encoded.StartsWith("GIF89a"u8))
        {
            return Gif;
        }

        if (IsBitmap(encoded))
        {
            return Bmp;
        }

        if (IsIcon(encoded))
        {
            return Ico;
        }

        return null;
    }

    /// <summary>
    /// Names a well-known kind of file that is not read here, so that the error message can say what was sent.
    /// </summary>
    internal static string? IdentifyUnread(ReadOnlySpan<byte> encoded)
    {
        if (encoded.StartsWith<byte>([0x49, 0x49, 0x2A, 0x00]) || encoded.StartsWith<byte>([0x4D, 0x4D, 0x00, 0x2A]))
        {
            return "TIFF";
        }

        if (encoded.Length >= 12 && encoded[4..].StartsWith("ftyp"u8))
        {
            return encoded[8..].StartsWith("avif"u8) || encoded[8..].StartsWith("avis"u8)
                ? "AVIF"
                : "HEIC or another ISO media file";
        }

        if (encoded.StartsWith("%PDF"u8))
        {
            return "PDF";
        }

        if (encoded.StartsWith<byte>([0xFF, 0x0A]) || encoded.StartsWith<byte>([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20]))
        {
            return "JPEG XL";
        }

        if (encoded.StartsWith("8BPS"u8))
        {
            return "PSD";
        }

        if (encoded.StartsWith("PK\x03\x04"u8))
        {
            return "a ZIP archive";
        }

        return LooksLikeText(encoded) ? "text" : null;
    }

    // Two letters are a weak signature ("BMW is a car"), so the header's length must be one that has been defined.
    private static bool IsBitmap(ReadOnlySpan<byte> encoded) =>
        encoded.StartsWith("BM"u8)
        && (encoded.Length < 18
            || BinaryPrimitives.ReadUInt32LittleEndian(encoded[14..])
                is 12 or 16 or 40 or 52 or 56 or 64 or 108 or 124);

    private static bool IsIcon(ReadOnlySpan<byte> encoded) =>
        encoded.StartsWith<byte>([0, 0, 1, 0])
            && encoded.Length >= 6
            && BinaryPrimitives.ReadUInt16LittleEndian(encoded[4..]) > 0;

    private static bool LooksLikeText(ReadOnlySpan<byte> encoded) =>
        !encoded[..Math.Min(encoded.Length, 64)].ContainsAnyInRange<byte>(0x00, 0x08);
}

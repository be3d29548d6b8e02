using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// The orientation in an XMP packet, written as <c>tiff:Orientation="6"</c> or
/// <c>&lt;tiff:Orientation&gt;6&lt;/tiff:Orientation&gt;</c>.
/// </summary>
internal static class XmpOrientation
{
    public static SKEncodedOrigin? Read(ReadOnlySpan<byte> packet)
    {
        var name = "tiff:Orientation"u8;
        for (var rest = packet; rest.IndexOf(name) is var start and >= 0;)
        {
            rest = rest[(start + name.Length)..];
            var value = SkipSpace(rest);
            if (value.IsEmpty || (value[0] != '=' && value[0] != '>'))
            {
                continue;
            }

            var isAttribute = value[0] == '=';
            value = SkipSpace(value[1..]);
            if (isAttribute)
            {
                if (value.IsEmpty || (value[0] != '"' && value[0] != '\''))
                {
                    continue;
                }

                value = SkipSpace(value[1..]);
            }

            // Two digits are not an orientation.
            if (value.Length > 1 && value[0] is >= (byte)'1' and <= (byte)'8'
                && value[1] is not (>= (byte)'0' and <= (byte)'9'))
            {
                return (SKEncodedOrigin)(value[0] - '0');
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> SkipSpace(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8);
}

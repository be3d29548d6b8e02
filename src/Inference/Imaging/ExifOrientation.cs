using System.Buffers.Binary;
using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// The orientation in EXIF: tag 0x0112 in the first directory of a TIFF structure (EXIF 2.32, section 4.6).
/// </summary>
internal static class ExifOrientation
{
    private const int OrientationTag = 0x0112;
    private const int HeaderLength = 8;
    private const int EntryLength = 12;
    private const int Short = 3;
    private const int Long = 4;

    /// <summary>
    /// The stated orientation; null if there is none. A value other than the eight counts as stated and means upright:
    /// Pillow, with which most models are trained, does not look further either.
    /// </summary>
    /// <param name="exif">A TIFF structure, with or without a preceding <c>Exif\0\0</c>.</param>
    public static SKEncodedOrigin? Read(ReadOnlySpan<byte> exif)
    {
        const int HeadLength = 6;
        var tiff = exif.Length > HeadLength && exif.StartsWith("Exif\0"u8) ? exif[HeadLength..] : exif;
        var isLittle = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < HeaderLength || (!isLittle && !tiff.StartsWith("MM\0*"u8)))
        {
            return null;
        }

        var directory = UInt32(tiff[4..], isLittle);
        if (directory > tiff.Length - 2)
        {
            return null;
        }

        var entries = tiff[(int)directory..];
        var count = UInt16(entries, isLittle);
        entries = entries[2..];
        for (var i = 0; i < count && entries.Length >= EntryLength; i++, entries = entries[EntryLength..])
        {
            if (UInt16(entries, isLittle) == OrientationTag)
            {
                return Value(entries, isLittle) is var value and >= 1 and <= 8 ? (SKEncodedOrigin)value
                    : SKEncodedOrigin.TopLeft;
            }
        }

        return null;
    }

    private static uint Value(ReadOnlySpan<byte> entry, bool isLittle)
    {
        var isSingle = UInt32(entry[4..], isLittle) == 1;
        return (UInt16(entry[2..], isLittle), isSingle) switch
        {
            (Short, true) => UInt16(entry[8..], isLittle),
            (Long, true) => UInt32(entry[8..], isLittle),
            _ => 0,
        };
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint UInt32(ReadOnlySpan<byte> bytes, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}

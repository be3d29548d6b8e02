using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// A picture in a Windows icon: a PNG file, or a bitmap without a file header that is followed by a mask.
/// </summary>
/// <param name="Offset">Its offset in the icon.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="IsPng">Whether it is a PNG.</param>
/// <param name="Width">
/// The width in its own header. The directory's may differ, and is not what is decoded.
/// </param>
/// <param name="Height">Its height, without the mask.</param>
/// <param name="BitsAPixel">Its depth.</param>
internal readonly record struct IconPicture(
    int Offset, int Length, bool IsPng, long Width, long Height, int BitsAPixel);

internal static class IconStructure
{
    private const int HeaderLength = 6;
    private const int EntryLength = 16;

    // SKCodec skips pictures beyond the end of the file, and would silently decode a smaller one instead.
    public static bool HoldsAllPictures(ReadOnlySpan<byte> icon)
    {
        int count = BinaryPrimitives.ReadUInt16LittleEndian(icon[4..]);
        if (icon.Length < HeaderLength + (count * EntryLength))
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            var (offset, length) = Entry(icon, i);
            if ((ulong)offset + length > (ulong)icon.Length)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The largest picture; among several of that size, the first with the most colours. SKCodec would take the first,
    /// which often has only 16 colours.
    /// </summary>
    /// <param name="icon">An icon that <see cref="HoldsAllPictures"/>.</param>
    public static IconPicture? ChoosePicture(ReadOnlySpan<byte> icon)
    {
        IconPicture? chosen = null;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(icon[4..]);
        for (var i = 0; i < count; i++)
        {
            var (offset, length) = Entry(icon, i);
            if (TryReadPicture(icon.Slice((int)offset, (int)length), (int)offset, out var picture)
                && IsBetter(picture, chosen))
            {
                chosen = picture;
            }
        }

        return chosen;
    }

    /// <summary>An icon with only this picture, so that no other is decoded instead.</summary>
    public static byte[] Only(ReadOnlySpan<byte> icon, in IconPicture picture)
    {
        var single = new byte[HeaderLength + EntryLength + picture.Length];
        single[2] = 1;
        single[4] = 1;
        var entry = single.AsSpan(HeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], picture.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], HeaderLength + EntryLength);
        icon.Slice(picture.Offset, picture.Length).CopyTo(entry[EntryLength..]);
        return single;
    }

    private static (uint Offset, uint Length) Entry(ReadOnlySpan<byte> icon, int index)
    {
        var entry = icon[(HeaderLength + (index * EntryLength))..];
        return (BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]));
    }

    private static bool TryReadPicture(ReadOnlySpan<byte> bytes, int offset, out IconPicture picture)
    {
        if (ImageFormats.Identify(bytes) == ImageFormats.Png)
        {
            var isPng = PngStructure.TryRead(bytes, out var png);
            picture = new IconPicture(offset, bytes.Length, IsPng: true, png.Width, png.Height, png.BitsAPixel);
            return isPng;
        }

        // The height includes the mask.
        var isBitmap = BitmapStructure.TryRead(bytes, out var bitmap);
        picture = new IconPicture(
            offset, bytes.Length, IsPng: false, bitmap.Width, bitmap.Height / 2, bitmap.BitsAPixel);
        return isBitmap;
    }

    private static bool IsBetter(in IconPicture picture, IconPicture? chosen)
    {
        if (chosen is not { } best)
        {
            return true;
        }

        var (area, bestArea) = ((double)picture.Width * picture.Height, (double)best.Width * best.Height);
        return area > bestArea || (area == bestArea && picture.BitsAPixel > best.BitsAPixel);
    }
}

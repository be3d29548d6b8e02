using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

internal static class JpegStructure
{
    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;

    // A progressive JPEG that ends after its first scan decodes "successfully" to a blurred picture: neither libjpeg nor
    // SKCodec reports the missing scans. Only the end-of-image marker tells that all of them have arrived, and it must be
    // looked for segment by segment, because an EXIF thumbnail carries a marker of its own.
    public static bool HasEndOfImage(ReadOnlySpan<byte> jpeg)
    {
        var position = 2;
        while (TryReadMarker(jpeg, ref position, out var marker))
        {
            if (marker == EndOfImage)
                return true;
            if (IsStandalone(marker))
                continue;
            if (position + 2 > jpeg.Length)
                return false;
            position += BinaryPrimitives.ReadUInt16BigEndian(jpeg[position..]);
            if (position > jpeg.Length)
                return false;
            if (marker == StartOfScan)
                position = SkipEntropyCodedData(jpeg, position);
        }

        return false;
    }

    // Like libjpeg, steps over stray bytes before a marker and over any number of fill bytes 0xFF.
    private static bool TryReadMarker(ReadOnlySpan<byte> jpeg, ref int position, out byte marker)
    {
        marker = 0;
        while (marker is 0x00 or 0xFF)
        {
            if (marker == 0x00)
            {
                var offset = jpeg[Math.Min(position, jpeg.Length)..].IndexOf((byte)0xFF);
                if (offset < 0)
                    return false;
                position += offset + 1;
            }

            if (position >= jpeg.Length)
                return false;
            marker = jpeg[position++];
        }

        return true;
    }

    private static int SkipEntropyCodedData(ReadOnlySpan<byte> jpeg, int position)
    {
        while (true)
        {
            var offset = jpeg[position..].IndexOf((byte)0xFF);
            if (offset < 0 || position + offset + 1 >= jpeg.Length)
                return jpeg.Length;
            position += offset;
            if (jpeg[position + 1] is not (0x00 or 0xFF or (>= 0xD0 and <= 0xD7)))
                return position;
            position += jpeg[position + 1] == 0xFF ? 1 : 2;
        }
    }

    private static bool IsStandalone(byte marker) => marker is 0x01 or (>= 0xD0 and <= 0xD8);
}

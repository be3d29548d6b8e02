using System.Buffers;
using System.IO.Compression;
using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// The places where a PNG may state its orientation: the eXIf chunk, ImageMagick's profiles as hexadecimal text, and an
/// XMP packet.
/// </summary>
internal ref struct PngMetadata
{
    /// <summary>
    /// The most text that is inflated. The orientation is at the beginning of a profile, and XMP packets are a few
    /// kilobytes long.
    /// </summary>
    public const int MaxInflatedText = 1 << 18;

    private ReadOnlySpan<byte> _exif;
    private Text _exifProfile;
    private Text _xmp;

    /// <summary>Remembers a chunk that may hold an orientation; the first of each kind counts.</summary>
    public void Collect(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("eXIf"u8))
        {
            _exif = _exif.IsEmpty ? data : _exif;
        }
        else if (Text.TryParse(type, data, out var text))
        {
            if (text.Keyword.SequenceEqual("XML:com.adobe.xmp"u8))
            {
                _xmp = _xmp.Keyword.IsEmpty ? text : _xmp;
            }
            else if (text.Keyword.SequenceEqual("Raw profile type exif"u8)
                || text.Keyword.SequenceEqual("Raw profile type APP1"u8))
            {
                _exifProfile = _exifProfile.Keyword.IsEmpty ? text : _exifProfile;
            }
        }
    }

    /// <summary>The orientation by the first of these that states one.</summary>
    public readonly SKEncodedOrigin Orientation =>
        ExifOrientation.Read(_exif) ?? _exifProfile.Read(isProfile: true) ?? _xmp.Read(isProfile: false)
            ?? SKEncodedOrigin.TopLeft;

    /// <summary>A tEXt, zTXt or iTXt chunk.</summary>
    private ref struct Text
    {
        private const int LongestKeyword = 79;

        private ReadOnlySpan<byte> _text;
        private bool _isCompressed;

        public ReadOnlySpan<byte> Keyword { get; private set; }

        public static bool TryParse(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, out Text text)
        {
            text = default;
            var isInternational = type.SequenceEqual("iTXt"u8);
            var isCompressed = type.SequenceEqual("zTXt"u8);
            if (!isInternational && !isCompressed && !type.SequenceEqual("tEXt"u8))
            {
                return false;
            }

            var end = data[..Math.Min(data.Length, LongestKeyword + 1)].IndexOf((byte)0);
            if (end < 0)
            {
                return false;
            }

            var keyword = data[..end];
            var rest = data[(end + 1)..];
            if (isInternational)
            {
                // The compression flag and method, then the language and the translated keyword, each ended by a zero.
                if (rest.Length < 2)
                {
                    return false;
                }

                isCompressed = rest[0] != 0;
                rest = rest[2..];
                for (var field = 0; field < 2; field++)
                {
                    var zero = rest.IndexOf((byte)0);
                    if (zero < 0)
                    {
                        return false;
                    }

                    rest = rest[(zero + 1)..];
                }
            }
            else if (isCompressed)
            {
                // The compression method, of which there is only one.
                rest = rest.IsEmpty ? rest : rest[1..];
            }

            text = new Text { Keyword = keyword, _text = rest, _isCompressed = isCompressed };
            return true;
        }

        public readonly SKEncodedOrigin? Read(bool isProfile)
        {
            if (_text.IsEmpty)
            {
                return null;
            }

            if (!_isCompressed)
            {
                var plain = _text[..Math.Min(_text.Length, MaxInflatedText)];
                return isProfile ? ReadProfile(plain) : XmpOrientation.Read(plain);
            }

            var rented = ArrayPool<byte>.Shared.Rent(MaxInflatedText);
            try
            {
                var inflated = rented.AsSpan(0, Inflate(_text, rented.AsSpan(0, MaxInflatedText)));
                return isProfile ? ReadProfile(inflated) : XmpOrientation.Read(inflated);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        // What was inflated before a fault is used; metadata is no reason to reject a picture.
        private static unsafe int Inflate(ReadOnlySpan<byte> compressed, Span<byte> target)
        {
            var length = 0;
            fixed (byte* start = compressed)
            {
                using var source = new UnmanagedMemoryStream(start, compressed.Length);
                using var zlib = new ZLibStream(source, CompressionMode.Decompress);
                try
                {
                    while (length < target.Length && zlib.Read(target[length..]) is var read and > 0)
                    {
                        length += read;
                    }
                }
                catch (InvalidDataException)
                {
                    return length;
                }
            }

            return length;
        }

        // A line with the profile's name, one with its length in bytes, then its bytes in hexadecimal over many lines.
        private static SKEncodedOrigin? ReadProfile(ReadOnlySpan<byte> profile)
        {
            var rest = profile.TrimStart("\r\n"u8);
            for (var line = 0; line < 2; line++)
            {
                var end = rest.IndexOf((byte)'\n');
                if (end < 0)
                {
                    return null;
                }

                rest = rest[(end + 1)..];
            }

            var rented = ArrayPool<byte>.Shared.Rent((rest.Length / 2) + 1);
            try
            {
                var bytes = rented.AsSpan(0, FromHex(rest, rented));
                var xmpHead = "http://ns.adobe.com/xap/1.0/\0"u8;
                return bytes.StartsWith(xmpHead) ? XmpOrientation.Read(bytes[xmpHead.Length..])
                    : ExifOrientation.Read(bytes);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        private static int FromHex(ReadOnlySpan<byte> digits, Span<byte> target)
        {
            int length = 0, high = -1;
            foreach (var digit in digits)
            {
                var value = digit switch
                {
                    >= (byte)'0' and <= (byte)'9' => digit - '0',
                    >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
                    >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
                    _ => -1,
                };
                if (value < 0)
                {
                    continue;
                }

                if (high < 0)
                {
                    high = value;
                }
                else
                {
                    target[length++] = (byte)((high << 4) | value);
                    high = -1;
                }
            }

            return length;
        }
    }
}

using System.Buffers.Binary;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>A JPEG's frame, end and metadata, from one walk over its segments (ITU-T T.81, annex B).</summary>
/// <remarks>
/// The frame is checked here, before the native decoder sees it: that decoder promises scaled sizes for some kinds of
/// frame, and then writes them unscaled, beyond the end of the pixels' memory. Only what cameras and web sites produce
/// is accepted.
/// </remarks>
internal readonly ref struct JpegStructure
{
    /// <summary>
    /// Every scan of a progressive JPEG covers the whole picture but may be only a few bytes long. Encoders write about
    /// ten; more than this only cost time.
    /// </summary>
    public const int MaxScans = 100;

    /// <summary>
    /// The most pixels over all scans: sixteen scans of the largest picture that is read by default.
    /// </summary>
    public const long MaxScannedPixels = 16 * ImagePreprocessor.DefaultMaxPixels;

    private const int SizeOfLength = 2;
    private const int FrameHeaderLength = 6; // precision, height, width, number of components
    private const int ComponentLength = 3; // identifier, sampling factors, quantization table
    private const int LargestSamplingFactor = 4;
    private const string ReadKinds = "a baseline or progressive JPEG of 8 bits a sample";

    private JpegStructure(
        Frame frame, int scans, bool hasEnd, ReadOnlySpan<byte> exif, ReadOnlySpan<byte> xmp)
    {
        (Width, Height, Components) = (frame.Width, frame.Height, frame.Components);
        Scans = scans;
        IsKeptWhole = frame.IsProgressive || scans > 1;
        HasEndOfImage = hasEnd;
        Exif = exif;
        Xmp = xmp;
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>1 for grey, 3 for colour, 4 for CMYK.</summary>
    public int Components { get; }

    public int Scans { get; }

    /// <summary>Whether the decoder must keep all coefficients until the last scan.</summary>
    public bool IsKeptWhole { get; }

    /// <summary>
    /// Whether all scans are there. A progressive JPEG that ends after its first scan decodes "successfully" to a
    /// blurred picture: neither libjpeg nor SKCodec reports missing scans. The end marker is searched segment by
    /// segment, because an EXIF thumbnail has an end marker of its own.
    /// </summary>
    public bool HasEndOfImage { get; }

    /// <summary>The first EXIF segment, from its <c>Exif</c> on; empty if there is none.</summary>
    public ReadOnlySpan<byte> Exif { get; }

    /// <summary>The first XMP packet; empty if there is none.</summary>
    public ReadOnlySpan<byte> Xmp { get; }

    private static ReadOnlySpan<byte> ExifHead => "Exif\0"u8;

    private static ReadOnlySpan<byte> XmpHead => "http://ns.adobe.com/xap/1.0/\0"u8;

    /// <exception cref="InferenceException">
    /// The frame is of a kind that is not read, or there is not exactly one frame.
    /// </exception>
    public static JpegStructure Read(ReadOnlySpan<byte> jpeg)
    {
        ReadOnlySpan<byte> exif = default, xmp = default;
        var frame = default(Frame);
        var scans = 0;
        var hasEnd = false;
        var position = 2;
        while (!hasEnd && TryReadMarker(jpeg, ref position, out var marker))
        {
            hasEnd = marker == Marker.EndOfImage;
            if (hasEnd || Marker.IsStandalone(marker))
            {
                continue;
            }

            if (position + SizeOfLength > jpeg.Length)
            {
                break;
            }

            // A length that does not even include itself is skipped, as libjpeg does.
            var end = position + Math.Max(SizeOfLength, (int)BinaryPrimitives.ReadUInt16BigEndian(jpeg[position..]));
            if (end > jpeg.Length)
            {
                break;
            }

            var segment = jpeg[(position + SizeOfLength)..end];
            position = end;
            switch (marker)
            {
                case (>= Marker.FirstFrame and <= Marker.LastFrame)
                    or Marker.JpegLsFrame or Marker.HierarchicalProgression or Marker.Expand
                    when !Marker.IsTable(marker):
                    if (frame.Width != 0)
                    {
                        throw ImageRejection.Undecodable(
                            ImageFormats.Jpeg, "it holds a second frame, where a picture has one");
                    }

                    frame = ReadFrame(marker, segment);
                    break;
                case Marker.ArithmeticConditioning:
                    throw ImageRejection.UnreadKind("an arithmetic-coded JPEG (DAC)", ReadKinds);
                case Marker.App1 when exif.IsEmpty && segment.StartsWith(ExifHead):
                    exif = segment;
                    break;
                case Marker.App1 when xmp.IsEmpty && segment.StartsWith(XmpHead):
                    xmp = segment[XmpHead.Length..];
                    break;
                case Marker.StartOfScan:
                    if (frame.Width == 0)
                    {
                        throw ImageRejection.Undecodable(
                            ImageFormats.Jpeg, "its first scan stands before its frame header");
                    }

                    if (++scans > MaxScans)
                    {
                        throw ImageRejection.Undecodable(ImageFormats.Jpeg, $"it has more than {MaxScans} scans");
                    }

                    position = SkipEntropyCodedData(jpeg, position);
                    break;
            }
        }

        if (frame.Width == 0)
        {
            throw ImageRejection.Undecodable(
                ImageFormats.Jpeg, "its header is damaged or cut off: there is no frame header (SOF)");
        }

        return new JpegStructure(frame, scans, hasEnd, exif, xmp);
    }

    private static Frame ReadFrame(byte marker, ReadOnlySpan<byte> segment)
    {
        if (Marker.NameOfUnread(marker) is { } kind)
        {
            throw ImageRejection.UnreadKind(kind, ReadKinds);
        }

        if (segment.Length < FrameHeaderLength)
        {
            throw ImageRejection.DamagedHeader(ImageFormats.Jpeg);
        }

        var (precision, components) = (segment[0], segment[5]);
        if (precision != 8)
        {
            throw ImageRejection.UnreadKind($"a JPEG of {precision} bits a sample", ReadKinds);
        }

        if (components is not (1 or 3 or 4))
        {
            throw ImageRejection.UnreadKind(
                $"a JPEG of {components} components", $"{ReadKinds}, grey (1 component), colour (3) or CMYK (4)");
        }

        if (segment.Length != FrameHeaderLength + (components * ComponentLength))
        {
            throw ImageRejection.DamagedHeader(ImageFormats.Jpeg);
        }

        for (var i = FrameHeaderLength + 1; i < segment.Length; i += ComponentLength)
        {
            if (segment[i] >> 4 is 0 or > LargestSamplingFactor || (segment[i] & 15) is 0 or > LargestSamplingFactor)
            {
                throw ImageRejection.Undecodable(ImageFormats.Jpeg, "a sampling factor is not between 1 and 4");
            }
        }

        var height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        var width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        if (width == 0)
        {
            throw ImageRejection.Undecodable(ImageFormats.Jpeg, $"it declares 0 × {height} pixels");
        }

        return height == 0
            ? throw ImageRejection.UnreadKind(
                "a JPEG whose height comes after its first scan (DNL)",
                $"{ReadKinds} with its height in its frame header")
            : new Frame(width, height, components, marker == Marker.ProgressiveFrame);
    }

    // Like libjpeg, skips stray bytes before a marker and any number of fill bytes 0xFF.
    private static bool TryReadMarker(ReadOnlySpan<byte> jpeg, ref int position, out byte marker)
    {
        marker = 0;
        while (marker is 0x00 or 0xFF)
        {
            if (marker == 0x00)
            {
                var offset = jpeg[Math.Min(position, jpeg.Length)..].IndexOf((byte)0xFF);
                if (offset < 0)
                {
                    return false;
                }

                position += offset + 1;
            }

            if (position >= jpeg.Length)
            {
                return false;
            }

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
            {
                return jpeg.Length;
            }

            position += offset;
            if (jpeg[position + 1] is not (0x00 or 0xFF or (>= 0xD0 and <= 0xD7)))
            {
                return position;
            }

            position += jpeg[position + 1] == 0xFF ? 1 : 2;
        }
    }

    private readonly record struct Frame(int Width, int Height, int Components, bool IsProgressive);

    /// <summary>The second byte of each marker.</summary>
    private static class Marker
    {
        public const byte FirstFrame = 0xC0;
        public const byte ProgressiveFrame = 0xC2;
        public const byte LastFrame = 0xCF;
        public const byte JpegLsFrame = 0xF7;
        public const byte ArithmeticConditioning = 0xCC;
        public const byte HierarchicalProgression = 0xDE;
        public const byte Expand = 0xDF;
        public const byte EndOfImage = 0xD9;
        public const byte StartOfScan = 0xDA;
        public const byte App1 = 0xE1;

        private const byte HuffmanTable = 0xC4;

        /// <summary>Whether a marker in the range of frames begins a table.</summary>
        public static bool IsTable(byte marker) => marker is HuffmanTable or ArithmeticConditioning;

        public static bool IsStandalone(byte marker) => marker is 0x01 or (>= 0xD0 and <= 0xD8);

        /// <summary>
        /// The name of a kind of frame that is not decoded; null for baseline, extended and progressive frames with
        /// Huffman coding.
        /// </summary>
        public static string? NameOfUnread(byte marker) => marker switch
        {
            0xC0 or 0xC1 or 0xC2 => null,
            0xC3 => "a lossless JPEG (SOF3)",
            0xC5 or 0xC6 => $"a hierarchical JPEG (SOF{marker - FirstFrame})",
            0xC7 => "a hierarchical lossless JPEG (SOF7)",
            0xC9 or 0xCA => $"an arithmetic-coded JPEG (SOF{marker - FirstFrame})",
            0xCB => "an arithmetic-coded lossless JPEG (SOF11)",
            0xCD or 0xCE or 0xCF => $"an arithmetic-coded hierarchical JPEG (SOF{marker - FirstFrame})",
            HierarchicalProgression => "a hierarchical JPEG (DHP)",
            Expand => "a hierarchical JPEG (EXP)",
            JpegLsFrame => "a JPEG-LS file (SOF55)",
            _ => "a JPEG with an extension (JPG)",
        };
    }
}

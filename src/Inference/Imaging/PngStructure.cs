using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

/// <summary>A PNG's header, the length of its data and its metadata, from one walk over its chunks.</summary>
internal readonly ref struct PngStructure
{
    private const int SignatureLength = 8;
    private const int ChunkOverhead = 12; // its length, its type, its checksum
    private const int HeaderLength = 13;
    private const int Spare = 1 << 16;

    private readonly byte _bitDepth;
    private readonly byte _colorType;
    private readonly long _dataLength;

    private PngStructure(ReadOnlySpan<byte> header, long dataLength, bool hasProfile, PngMetadata metadata)
    {
        Width = BinaryPrimitives.ReadUInt32BigEndian(header);
        Height = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        (_bitDepth, _colorType) = (header[8], header[9]);
        IsInterlaced = header[12] != 0;
        HasProfile = hasProfile;
        _dataLength = dataLength;
        Metadata = metadata;
    }

    public long Width { get; }

    public long Height { get; }

    public int BitsAPixel => _bitDepth * ChannelsOf(_colorType);

    public bool IsInterlaced { get; }

    /// <summary>Whether the file has a colour profile of its own, so that its pixels must be converted.</summary>
    public bool HasProfile { get; }

    public PngMetadata Metadata { get; }

    /// <summary>
    /// Whether there is more compressed data than that many pixels can need. A decoder stops after the last row and
    /// would accept such a file; the rest can only be there to be inflated. Twice the uncompressed rows plus 64 KB is
    /// far more than the worst encoder needs, including stored blocks of deflate and the seven passes of Adam7.
    /// </summary>
    public bool HoldsMoreThanItsPixels
    {
        get
        {
            var plain = Height * (1 + (((Width * BitsAPixel) + 7) / 8));
            return _dataLength > (2 * plain) + Spare;
        }
    }

    /// <summary>Reads a file that begins with PNG's signature.</summary>
    public static bool TryRead(ReadOnlySpan<byte> png, out PngStructure structure)
    {
        structure = default;
        var rest = png[SignatureLength..];
        if (rest.Length < ChunkOverhead + HeaderLength || BinaryPrimitives.ReadUInt32BigEndian(rest) != HeaderLength
            || !rest[4..].StartsWith("IHDR"u8))
        {
            return false;
        }

        var header = rest.Slice(8, HeaderLength);
        var metadata = default(PngMetadata);
        var dataLength = 0L;
        var hasProfile = false;
        while (rest.Length >= ChunkOverhead)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            var type = rest.Slice(4, 4);
            var isData = type.SequenceEqual("IDAT"u8);
            dataLength += isData ? Math.Min(length, (uint)rest.Length) : 0;
            if (length > rest.Length - ChunkOverhead)
            {
                break;
            }

            if (!isData)
            {
                hasProfile |= type.SequenceEqual("iCCP"u8) || type.SequenceEqual("gAMA"u8)
                    || type.SequenceEqual("cHRM"u8);
                metadata.Collect(type, rest.Slice(8, (int)length));
            }

            rest = rest[(ChunkOverhead + (int)length)..];
        }

        structure = new PngStructure(header, dataLength, hasProfile, metadata);
        return true;
    }

    private static int ChannelsOf(byte colorType) => colorType switch
    {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
}

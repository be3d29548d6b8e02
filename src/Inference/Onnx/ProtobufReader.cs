using System.Buffers.Binary;
using System.Text;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// Reads protocol-buffer fields one by one from a seekable stream, and skips unneeded fields without reading them;
/// Google.Protobuf would read a model's weights into memory. The encoding is that of
/// https://protobuf.dev/programming-guides/encoding/.
/// </summary>
/// <exception cref="InvalidDataException">Thrown by any member if the bytes are not a protocol buffer.</exception>
internal sealed class ProtobufReader(Stream stream)
{
    private const int BufferSize = 1 << 14;
    private const int MaxTextLength = 4096; // no exporter writes longer names

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly long _length = stream.Length;
    private long _bufferStart;
    private int _buffered;

    private enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        LengthDelimited = 2,
        Fixed32 = 5,
    }

    public long Position { get; private set; }

    /// <summary>The number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>Whether the field has a length: a message, text, bytes, or packed numbers.</summary>
    public bool HasLength => _wireType == WireType.LengthDelimited;

    private WireType _wireType;

    /// <summary>Reads the next field's number; false at the end of the message.</summary>
    /// <param name="end">Where the message ends.</param>
    public bool ReadField(long end)
    {
        if (Position >= end)
        {
            return false;
        }

        var tag = ReadVarint();
        (Field, _wireType) = ((int)(tag >> 3), (WireType)(tag & 7));
        return true;
    }

    /// <summary>Reads the length of the field's content and returns the position where it ends.</summary>
    public long ReadEnd()
    {
        var length = ReadVarint();
        return HasLength && length <= (ulong)(_length - Position)
            ? Position + (long)length
            : throw new InvalidDataException();
    }

    public ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException();
    }

    public float ReadFloat() => BinaryPrimitives.ReadSingleLittleEndian(ReadBytes(sizeof(float)));

    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(ReadBytes(sizeof(double)));

    public string ReadText()
    {
        var length = ReadEnd() - Position;
        return length <= MaxTextLength
            ? Encoding.UTF8.GetString(ReadBytes((int)length))
            : throw new GraphLimitException($"it is damaged, or has a name of more than {MaxTextLength} bytes");
    }

    public byte[] ReadBytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = ReadByte();
        }

        return bytes;
    }

    /// <summary>Skips the content of the field whose number was read.</summary>
    public void Skip() => Position = _wireType switch
    {
        WireType.Varint => ReadVarint() is var _ ? Position : 0,
        WireType.Fixed64 => Position + sizeof(ulong),
        WireType.LengthDelimited => ReadEnd(),
        WireType.Fixed32 => Position + sizeof(uint),
        _ => throw new InvalidDataException(),
    };

    /// <summary>Continues at a position that <see cref="ReadEnd"/> returned.</summary>
    public void SkipTo(long end) => Position = end;

    private byte ReadByte()
    {
        var offset = Position - _bufferStart;
        if (offset < 0 || offset >= _buffered)
        {
            stream.Position = _bufferStart = Position;
            _buffered = stream.ReadAtLeast(_buffer, 1, throwOnEndOfStream: false);
            offset = 0;
            if (_buffered == 0)
            {
                throw new InvalidDataException();
            }
        }

        Position++;
        return _buffer[offset];
    }
}

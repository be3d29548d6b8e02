using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>Writes bytes field by field, in either byte order.</summary>
public sealed class ByteSink
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public int Length => _buffer.WrittenCount;

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    public ByteSink Add(params ReadOnlySpan<byte> bytes)
    {
        _buffer.Write(bytes);
        return this;
    }

    public ByteSink Byte(int value) => Add((byte)value);

    public ByteSink Big16(int value) => Add((byte)(value >> 8), (byte)value);

    public ByteSink Big32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Add(bytes);
    }

    public ByteSink Little16(int value) => Add((byte)value, (byte)(value >> 8));

    public ByteSink Little24(int value) => Add((byte)value, (byte)(value >> 8), (byte)(value >> 16));

    public ByteSink Little32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Add(bytes);
    }

    /// <summary>Adds a PNG chunk with its checksum.</summary>
    public ByteSink PngChunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] covered = [.. type, .. data];
        return Big32((uint)data.Length).Add(covered).Big32(Crc32.HashToUInt32(covered));
    }

    /// <summary>Adds a RIFF chunk, padded to an even length.</summary>
    public ByteSink RiffChunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Add(type).Little32((uint)data.Length).Add(data);
        return data.Length % 2 == 0 ? this : Byte(0);
    }
}

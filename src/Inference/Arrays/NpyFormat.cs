using System.Buffers.Binary;
using System.Text;

namespace SoftmaxService.Inference.Arrays;

/// <summary>
/// Reads and writes NumPy's <c>.npy</c> files, versions 1.0 to 3.0
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Nothing in a file is evaluated: pickled
/// objects are rejected.
/// </summary>
public static class NpyFormat
{
    /// <summary>The default for the most bytes of elements that are read: 256 MB.</summary>
    public const int DefaultMaxBytes = 1 << 28;

    // NumPy's own limit for headers that it does not trust.
    private const int MaxHeader = 10_000;

    // The elements begin at a multiple of this.
    private const int Alignment = 64;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a file that is in memory.</summary>
    /// <param name="file">The whole file.</param>
    /// <exception cref="InvalidDataException">
    /// It is not such a file, its elements are not numbers, or its length does not match its shape. The message says
    /// what was wrong, and what would be right.
    /// </exception>
    public static NumpyArray Read(byte[] file)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var stream = new MemoryStream(file, writable: false);
        return Read(stream, file.Length, file.Length);
    }

    /// <summary>
    /// Reads a file from a stream. Its length is checked before memory is allocated for the elements.
    /// </summary>
    /// <param name="stream">A stream that begins with the file and ends after it.</param>
    /// <param name="length">The length of the file in bytes.</param>
    /// <param name="maxBytes">The most bytes of elements.</param>
    /// <exception cref="InvalidDataException">
    /// It is not such a file, its elements are not numbers, or its length does not match its shape, or it is longer or
    /// shorter than <paramref name="length"/> or larger than <paramref name="maxBytes"/>.
    /// </exception>
    public static NumpyArray Read(Stream stream, long length, int maxBytes = DefaultMaxBytes)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        var (header, headerLength) = ReadHeader(stream);
        if (header.DataLength > maxBytes)
        {
            throw Fault($"the array has {header.DataLength} bytes; at most {maxBytes} are read");
        }

        if (length - headerLength != header.DataLength)
        {
            throw Fault(
                $"the shape {NumpyArray.TextOf(header.Shape)} of '{NumpyElements.Describe(header.ElementType)}' needs "
                + $"{header.DataLength} bytes after the header, but there are {Math.Max(0, length - headerLength)}; "
                + "the file is cut off, or more follows the array");
        }

        var data = new byte[header.DataLength];
        ReadExactly(stream, data);
        if (stream.ReadByte() >= 0)
        {
            throw Fault("more data follows than the file's length says");
        }

        return new NumpyArray(header.ElementType, header.Shape, ElementOrder.Normalize(data, header));
    }

    /// <summary>Writes a file of version 1.0: little-endian, in C order, the elements aligned to 64 bytes.</summary>
    /// <param name="array">The array.</param>
    /// <returns>The whole file.</returns>
    public static byte[] Write(NumpyArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        var text = NpyHeader.Write(array);
        var prefix = Magic.Length + 4;
        var start = (prefix + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        var file = new byte[checked(start + array.Bytes.Length)];
        Magic.CopyTo(file);
        file[Magic.Length] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(prefix - 2), (ushort)(start - prefix));
        file.AsSpan(prefix, start - prefix).Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, file.AsSpan(prefix));
        file[start - 1] = (byte)'\n';
        array.Bytes.Span.CopyTo(file.AsSpan(start));
        return file;
    }

    private static (NpyHeader Header, int Length) ReadHeader(Stream stream)
    {
        Span<byte> start = stackalloc byte[8];
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (read < start.Length || !start.StartsWith(Magic))
        {
            throw Fault("it does not begin as a .npy file does; save the array with numpy.save");
        }

        var (major, minor) = (start[6], start[7]);
        if (major is < 1 or > 3 || minor != 0)
        {
            throw Fault($"the file is of version {major}.{minor}; 1.0, 2.0 and 3.0 are read");
        }

        Span<byte> size = stackalloc byte[major == 1 ? 2 : 4];
        ReadExactly(stream, size);
        var length = major == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(size)
            : BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > MaxHeader)
        {
            throw Fault($"the header has {length} bytes; that of an array of numbers has at most {MaxHeader}");
        }

        var text = new byte[length];
        ReadExactly(stream, text);
        return (
            NpyHeader.Parse((major == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text)),
            start.Length + size.Length + text.Length);
    }

    private static void ReadExactly(Stream stream, Span<byte> bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Fault("the file is cut off");
        }
    }

    private static InvalidDataException Fault(string reason) => new(reason);
}

using System.Buffers.Binary;
using System.IO.Compression;

namespace SoftmaxService.Training.Data;

/// <summary>
/// An IDX file of bytes, the format of the MNIST family: dimensions, then every element in row-major order.
/// </summary>
internal sealed record IdxFile(IReadOnlyList<int> Dimensions, byte[] Elements)
{
    private const byte UnsignedByteType = 0x08;

    public static IdxFile ReadGzip(string path)
    {
        using var file = File.OpenRead(path);
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        return Read(unzipped, Path.GetFileName(path));
    }

    public static IdxFile Read(Stream stream, string name)
    {
        Span<byte> magic = stackalloc byte[4];
        ReadExactly(stream, magic, name, "its magic number");
        if (magic[0] != 0 || magic[1] != 0)
        {
            throw new InvalidDataException(
                $"{name} is not an IDX file: it begins with {Convert.ToHexString(magic)}, not with 0000.");
        }

        if (magic[2] != UnsignedByteType)
        {
            throw new InvalidDataException(
                $"{name} holds elements of IDX type 0x{magic[2]:X2}; only unsigned bytes (0x08) are read.");
        }

        var dimensions = new int[magic[3]];
        Span<byte> bigEndian = stackalloc byte[4];
        for (var i = 0; i < dimensions.Length; i++)
        {
            ReadExactly(stream, bigEndian, name, $"dimension {i}");
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(bigEndian);
        }

        var count = dimensions.Aggregate(1L, (product, dimension) => product * dimension);
        if (dimensions.Length == 0 || dimensions.Any(dimension => dimension < 0) || count > Array.MaxLength)
        {
            throw new InvalidDataException(
                $"{name} claims the dimensions [{string.Join(", ", dimensions)}], which cannot be.");
        }

        var elements = new byte[count];
        ReadExactly(stream, elements, name, $"its {count} elements");
        if (stream.ReadByte() >= 0)
        {
            throw new InvalidDataException($"{name} goes on after its [{string.Join(", ", dimensions)}] elements.");
        }

        return new IdxFile(dimensions, elements);
    }

    private static void ReadExactly(Stream stream, Span<byte> buffer, string name, string what)
    {
        var read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (read < buffer.Length)
        {
            throw new InvalidDataException($"{name} ends within {what}: {read} of {buffer.Length} bytes.");
        }
    }
}

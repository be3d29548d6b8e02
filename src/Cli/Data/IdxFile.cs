using System.Buffers.Binary;

namespace SoftmaxService.Cli.Data;

/// <summary>
/// An IDX file of bytes, gzipped or not, read from its beginning on: dimensions, then every element in row-major order.
/// </summary>
internal sealed class IdxFile : IDisposable
{
    private const byte UnsignedByteType = 0x08;

    private readonly string _path;
    private readonly Stream _stream;

    private IdxFile(string path, Stream stream)
    {
        _path = path;
        _stream = stream;
        Dimensions = ReadHeader();
    }

    public IReadOnlyList<int> Dimensions { get; }

    public static IdxFile Open(string path)
    {
        var file = DataFile.OpenRead(path);
        try
        {
            return new IdxFile(path, DataFile.Unzip(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Fills the buffer with the next elements.</summary>
    public void Read(Span<byte> elements, string what)
    {
        try
        {
            var read = _stream.ReadAtLeast(elements, elements.Length, throwOnEndOfStream: false);
            if (read < elements.Length)
            {
                throw new DataException(
                    $"{_path}: the file ends within {what}, after {read} of {elements.Length} bytes.");
            }
        }
        catch (InvalidDataException exception)
        {
            throw new DataException($"{_path}: the gzip data is damaged within {what}.", exception);
        }
    }

    /// <summary>Rejects bytes after the last element.</summary>
    public void CheckEnd()
    {
        Span<byte> more = stackalloc byte[1];
        try
        {
            if (_stream.Read(more) > 0)
            {
                throw new DataException(
                    $"{_path}: the file goes on after its [{string.Join(", ", Dimensions)}] elements.");
            }
        }
        catch (InvalidDataException exception)
        {
            throw new DataException($"{_path}: the gzip data is damaged at its end.", exception);
        }
    }

    public void Dispose() => _stream.Dispose();

    private int[] ReadHeader()
    {
        Span<byte> magic = stackalloc byte[4];
        Read(magic, "its magic number");
        if (magic[0] != 0 || magic[1] != 0)
        {
            throw new DataException(
                $"{_path}: it is not an IDX file; it begins with {Convert.ToHexString(magic)}, not with 0000.");
        }

        if (magic[2] != UnsignedByteType)
        {
            throw new DataException(
                $"{_path}: its elements are of IDX type 0x{magic[2]:X2}; only unsigned bytes (0x08) are read.");
        }

        var dimensions = new int[magic[3]];
        Span<byte> bigEndian = stackalloc byte[4];
        for (var i = 0; i < dimensions.Length; i++)
        {
            Read(bigEndian, $"dimension {i}");
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(bigEndian);
        }

        return dimensions;
    }
}

using System.Buffers.Binary;
using System.IO.Compression;

namespace SoftmaxService.Tests.Support.TestData;

/// <summary>The MNIST test images in their published form, gzipped IDX files.</summary>
public sealed class MnistTestData
{
    public const string ImageFile = "mnist/t10k-images-idx3-ubyte.gz";
    public const string LabelFile = "mnist/t10k-labels-idx1-ubyte.gz";
    public const int Side = 28;
    public const int PixelCount = Side * Side;

    private static readonly Lazy<MnistTestData> Loaded = new(() => new MnistTestData());

    private readonly byte[] _images = ReadIdx(SharedData.Path(ImageFile), dimensions: 3);
    private readonly byte[] _labels = ReadIdx(SharedData.Path(LabelFile), dimensions: 1);

    private MnistTestData()
    {
        if (_images.Length != _labels.Length * PixelCount)
        {
            throw new InvalidDataException($"{ImageFile} and {LabelFile} are of different lengths.");
        }
    }

    public static MnistTestData Instance => Loaded.Value;

    public int Count => _labels.Length;

    /// <summary>28 × 28 bytes, light ink on black.</summary>
    public ReadOnlySpan<byte> Image(int index) => _images.AsSpan(index * PixelCount, PixelCount);

    public int Label(int index) => _labels[index];

    /// <summary>Indices of <paramref name="count"/> images spread evenly over the whole set.</summary>
    public IEnumerable<int> Spread(int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return (int)((long)i * Count / count);
        }
    }

    private static byte[] ReadIdx(string path, int dimensions)
    {
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var header = new byte[4 + (4 * dimensions)];
        file.ReadExactly(header);
        if (BinaryPrimitives.ReadInt32BigEndian(header) != 0x0800 + dimensions)
        {
            throw new InvalidDataException($"{path} is not an IDX file of bytes with {dimensions} dimensions.");
        }

        var length = 1;
        for (var i = 0; i < dimensions; i++)
        {
            length *= BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 + (4 * i)));
        }

        var data = new byte[length];
        file.ReadExactly(data);
        return data;
    }
}

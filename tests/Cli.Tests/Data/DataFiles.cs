using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;

namespace SoftmaxService.Cli.Tests.Data;

/// <summary>Makes small data files in the supported formats.</summary>
internal static class DataFiles
{
    public const int CifarRecord = 3073;

    public static byte[] Idx(int[] dimensions, ReadOnlySpan<byte> elements)
    {
        var file = new byte[4 + (4 * dimensions.Length) + elements.Length];
        (file[2], file[3]) = (0x08, (byte)dimensions.Length);
        for (var i = 0; i < dimensions.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 + (4 * i)), dimensions[i]);
        }

        elements.CopyTo(file.AsSpan(4 + (4 * dimensions.Length)));
        return file;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return zipped.ToArray();
    }

    /// <summary>Records whose label is <c>first + index</c> modulo ten; all pixels have the same value.</summary>
    public static byte[] Cifar(int first, int count)
    {
        var file = new byte[count * CifarRecord];
        for (var i = 0; i < count; i++)
        {
            file.AsSpan(i * CifarRecord, CifarRecord).Fill((byte)(first + i));
            file[i * CifarRecord] = (byte)((first + i) % 10);
        }

        return file;
    }

    public static byte[] Tar(params (string Name, byte[] Content)[] files)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                writer.WriteEntry(
                    new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }

        return archive.ToArray();
    }
}

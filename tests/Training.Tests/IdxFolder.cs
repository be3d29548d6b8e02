using System.Buffers.Binary;
using System.IO.Compression;
using SoftmaxService.Training.Data;

namespace SoftmaxService.Training.Tests;

/// <summary>Writes the gzipped IDX files that training reads.</summary>
internal static class IdxFolder
{
    public static void Write(TemporaryFolder folder, string prefix, byte[] images, byte[] labels)
    {
        var names = LabelledImages.IdxFileNames(prefix);
        WriteGzip(folder.PathOf(names[0]), images);
        WriteGzip(folder.PathOf(names[1]), labels);
    }

    public static void Write(TemporaryFolder folder, string prefix, LabelledImages images) =>
        Write(
            folder,
            prefix,
            [
                0,
                0,
                8,
                3,
                .. BigEndian(images.Count),
                .. BigEndian(images.Height),
                .. BigEndian(images.Width),
                .. images.Pixels,
            ],
            [0, 0, 8, 1, .. BigEndian(images.Count), .. images.Labels]);

    private static void WriteGzip(string path, byte[] bytes)
    {
        using var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        gzip.Write(bytes);
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}

using System.Formats.Tar;
using System.IO.Compression;
using SoftmaxService.Training.Data;

namespace SoftmaxService.Training.Tests.Data;

public sealed class Cifar10DataTests
{
    private const int RecordLength = 3073;
    private const int TrainingFileLength = 10_000 * RecordLength;

    [Fact]
    public void Read_ArchiveAndFolder_GiveTheSameImagesInOrder()
    {
        using var folder = new TemporaryFolder();
        var files = WholeFiles();
        WriteArchive(folder.PathOf("c.tar.gz"), files);
        foreach (var (name, bytes) in files)
        {
            File.WriteAllBytes(folder.PathOf(name), bytes);
        }

        var archived = Cifar10Data.Read(folder.PathOf("c.tar.gz"));
        var unpacked = Cifar10Data.Read(folder.Path);

        Assert.Equal(
            (50_000, 2, 3, 32, 32),
            (
                archived.Training.Count,
                archived.Test.Count,
                archived.Test.Channels,
                archived.Test.Height,
                archived.Test.Width));
        Assert.Equal(
            [1, 2, 3, 4, 5],
            Enumerable.Range(0, 5).Select(part => (int)archived.Training.Labels[part * 10_000]));
        Assert.Equal(6, archived.Test.Labels[0]);
        Assert.Equal(
            [1, 2, 3, 4, 5],
            Enumerable.Range(0, 5).Select(part => (int)archived.Training.Pixels[part * 10_000 * 3072]));
        Assert.Equal(6, archived.Sha256.Count);
        Assert.Equal(archived.Sha256, unpacked.Sha256);
        Assert.True(archived.Training.Pixels.AsSpan().SequenceEqual(unpacked.Training.Pixels));
    }

    [Fact]
    public void Read_TruncatedArchive_NamesItAndTheReason()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("c.tar.gz");
        WriteArchive(path, [("data_batch_1.bin", Noise(100 * RecordLength))]);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..100_000]);

        var problem = Assert.Throws<InvalidDataException>(() => Cifar10Data.Read(path));

        Assert.StartsWith("c.tar.gz is not a whole .tar.gz: ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NotAnArchive_NamesItAndTheReason()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.PathOf("c.tar.gz"), Noise(5000));

        var problem = Assert.Throws<InvalidDataException>(() => Cifar10Data.Read(folder.PathOf("c.tar.gz")));

        Assert.StartsWith("c.tar.gz is not a whole .tar.gz: ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ArchiveWithoutAFile_NamesBoth()
    {
        using var folder = new TemporaryFolder();
        WriteArchive(folder.PathOf("c.tar.gz"), [("data_batch_1.bin", new byte[RecordLength])]);

        var problem = Assert.Throws<InvalidDataException>(() => Cifar10Data.Read(folder.PathOf("c.tar.gz")));

        Assert.Equal("c.tar.gz has no data_batch_2.bin.", problem.Message);
    }

    [Fact]
    public void Read_FolderWithoutAFile_NamesBoth()
    {
        using var folder = new TemporaryFolder();

        var problem = Assert.Throws<FileNotFoundException>(() => Cifar10Data.Read(folder.Path));

        Assert.Equal($"The data folder {folder.Path} has no data_batch_1.bin.", problem.Message);
    }

    [Fact]
    public void Read_ShortTrainingFile_IsRejected()
    {
        using var folder = new TemporaryFolder();
        WriteArchive(
            folder.PathOf("c.tar.gz"),
            [.. WholeFiles().Select(file => (file.Name, file.Bytes[..RecordLength]))]);

        var problem = Assert.Throws<InvalidDataException>(() => Cifar10Data.Read(folder.PathOf("c.tar.gz")));

        Assert.Equal("data_batch_1.bin has 1 images; a training file has 10000.", problem.Message);
    }

    [Theory]
    [InlineData(0, "x.bin ends within image 0: 0 of 3073 bytes.")]
    [InlineData(RecordLength + 5, "x.bin ends within image 1: 5 of 3073 bytes.")]
    [InlineData(TrainingFileLength + 1, "x.bin goes on after 10000 images.")]
    public void ReadRecords_WrongLength_SaysWhere(int length, string message)
    {
        var problem = Assert.Throws<InvalidDataException>(() => Cifar10Data.ReadRecords(new byte[length], "x.bin"));

        Assert.Equal(message, problem.Message);
    }

    [Fact]
    public void ReadRecords_LabelOutOfRange_NamesTheImage()
    {
        var file = new byte[2 * RecordLength];
        file[RecordLength] = 10;

        var problem = Assert.Throws<InvalidDataException>(() => Cifar10Data.ReadRecords(file, "x.bin"));

        Assert.Equal("x.bin gives image 1 the class 10; there are 10 classes.", problem.Message);
    }

    /// <summary>
    /// Five training files and two test images. The first image of each file has the file's number as its class and
    /// first pixel.
    /// </summary>
    private static (string Name, byte[] Bytes)[] WholeFiles() =>
    [
        .. Cifar10Data.TrainingFileNames.Select((name, i) => (name, Numbered(TrainingFileLength, i + 1))),
        (Cifar10Data.TestFileName, Numbered(2 * RecordLength, 6)),
    ];

    private static byte[] Numbered(int length, int number)
    {
        var bytes = new byte[length];
        bytes.AsSpan(0, 2).Fill((byte)number);
        return bytes;
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static void WriteArchive(string path, (string Name, byte[] Bytes)[] files)
    {
        using var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        using var tar = new TarWriter(gzip);
        foreach (var (name, bytes) in files)
        {
            tar.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile, $"cifar-10-batches-bin/{name}")
                {
                    DataStream = new MemoryStream(bytes),
                });
        }
    }
}

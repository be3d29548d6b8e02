using SkiaSharp;
using SoftmaxService.Cli.Data;

namespace SoftmaxService.Cli.Tests.Data;

public sealed class CifarImagesTests : IDisposable
{
    private static readonly Labels Ten = Labels.Of([.. Enumerable.Range(0, 10).Select(index => $"class {index}")]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Archive_GivesTheBatchesInTheOrderOfTheirNumbers()
    {
        // The official archive has another order, too.
        var archive = _folder.Write("cifar.tar.gz", DataFiles.Gzip(DataFiles.Tar(
            ("cifar-10-batches-bin/data_batch_4.bin", DataFiles.Cifar(30, 10)),
            ("cifar-10-batches-bin/batches.meta.txt", "airplane"u8.ToArray()),
            ("cifar-10-batches-bin/data_batch_2.bin", DataFiles.Cifar(10, 10)),
            ("cifar-10-batches-bin/data_batch_1.bin", DataFiles.Cifar(0, 10)),
            ("cifar-10-batches-bin/data_batch_5.bin", DataFiles.Cifar(40, 10)),
            ("cifar-10-batches-bin/data_batch_3.bin", DataFiles.Cifar(20, 10)),
            ("cifar-10-batches-bin/test_batch.bin", DataFiles.Cifar(100, 3)))));

        var train = ImageSets.Open(archive, DataSplit.Train, Ten);
        var test = ImageSets.Open(archive, DataSplit.Test, Ten);

        Assert.Equal(50, train.Count);
        Assert.Equal(
            Enumerable.Range(8, 25).Select(number => (byte)number),
            train.Read(Selection.Range(8, 25)).Select(GrayOf));
        Assert.Equal([45, 46, 47, 48, 49], train.Read(Selection.Range(45, 5)).Select(image => (int)GrayOf(image)));
        Assert.Equal([0, 1, 2], test.Read(Selection.Range(0, 3)).Select(image => image.Label));
    }

    [Fact]
    public void Read_File_SeparatesThePlanes()
    {
        var record = new byte[DataFiles.CifarRecord];
        record[0] = 7;
        record.AsSpan(1, 1024).Fill(10);
        record.AsSpan(1025, 1024).Fill(20);
        record.AsSpan(2049, 1024).Fill(30);
        record[1 + 33] = 200;
        var path = _folder.Write("one.bin", record);

        var image = Assert.Single(ImageSets.Open(path, null, Ten).Read(Selection.Range(0, 1)));

        Assert.Equal(7, image.Label);
        using var bitmap = SKBitmap.Decode(image.Encoded);
        Assert.Equal(new SKColor(10, 20, 30), bitmap.GetPixel(0, 0));
        Assert.Equal(new SKColor(200, 20, 30), bitmap.GetPixel(1, 1));
    }

    [Fact]
    public void Open_CutOffFile_IsRejected()
    {
        var path = _folder.Write("one.bin", new byte[DataFiles.CifarRecord - 1]);

        Assert.Contains(
            "not a whole number of records",
            Assert.Throws<DataException>(() => ImageSets.Open(path, null, Ten)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LabelThatIsNoClass_NamesFileAndImage()
    {
        var path = _folder.Write("two.bin", DataFiles.Cifar(2, 2));

        var rejection = Assert
            .Throws<DataException>(() =>
                ImageSets.Open(path, null, Labels.Of(["a", "b", "c"])).Read(Selection.Range(0, 2)).ToArray())
            .Message;

        Assert.Contains("two.bin: image 1: label 3", rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderWithoutABatch_NamesIt()
    {
        _folder.Write("data_batch_1.bin", DataFiles.Cifar(0, 1));

        Assert.Contains(
            "data_batch_2.bin: there is no such file",
            Assert.Throws<DataException>(() => ImageSets.Open(_folder.Path, DataSplit.Train, Ten)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_CutOffArchive_IsRejected()
    {
        var archive = DataFiles.Gzip(DataFiles.Tar(("test_batch.bin", DataFiles.Cifar(0, 50))));
        var path = _folder.Write("cifar.tar.gz", archive.AsSpan(0, archive.Length / 2));

        Assert.Throws<DataException>(() =>
            ImageSets.Open(path, DataSplit.Test, Ten).Read(Selection.Range(0, 50)).ToArray());
    }

    private static byte GrayOf(LabelledImage image)
    {
        using var bitmap = SKBitmap.Decode(image.Encoded);
        return bitmap.GetPixel(16, 16).Green;
    }
}

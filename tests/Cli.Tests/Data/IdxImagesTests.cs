using SkiaSharp;
using SoftmaxService.Cli.Data;

namespace SoftmaxService.Cli.Tests.Data;

public sealed class IdxImagesTests : IDisposable
{
    private static readonly Labels Three = Labels.Of(["a", "b", "c"]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Read_GzippedOrNot_GivesPixelsAndLabelsInOrder(bool zipImages, bool zipLabels)
    {
        Write("train", zipImages, zipLabels);

        var images = ImageSets.Open(_folder.Path, DataSplit.Train, Three);
        var read = images.Read(Selection.Range(1, 2)).ToArray();

        Assert.Equal(3, images.Count);
        Assert.Equal([2, 0], read.Select(image => image.Label));
        using var bitmap = SKBitmap.Decode(read[0].Encoded);
        Assert.Equal((3, 2), (bitmap.Width, bitmap.Height));
        Assert.Equal(
            new byte[] { 6, 7, 8, 9, 10, 11 },
            Enumerable.Range(0, 6).Select(i => bitmap.GetPixel(i % 3, i / 3).Red));
    }

    [Fact]
    public void Open_TheImagesFile_FindsTheLabelsBesideIt()
    {
        Write("t10k", zipImages: false, zipLabels: true);

        Assert.Equal(
            1,
            ImageSets
                .Open(Path.Combine(_folder.Path, "t10k-images-idx3-ubyte"), null, Three)
                .Read(Selection.Range(0, 1))
                .Single()
                .Label);
    }

    [Fact]
    public void Open_FolderWithoutSplit_AsksForOne()
    {
        Write("train", false, false);

        Assert.Contains(
            "--split",
            Assert.Throws<DataException>(() => ImageSets.Open(_folder.Path, null, Three)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_LabelThatIsNoClass_NamesFileAndImage()
    {
        Write("train", false, false, labels: [1, 3, 0]);

        var rejection = Rejection();
        Assert.Contains("train-labels-idx1-ubyte: image 1", rejection, StringComparison.Ordinal);
        Assert.Contains("label 3", rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TooFewLabels_IsRejected()
    {
        Write("train", false, false, labels: [1, 2]);

        Assert.Contains("it must be [3]", Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithoutLabelsFile_NamesIt()
    {
        _folder.Write("train-images-idx3-ubyte", DataFiles.Idx([1, 1, 1], [0]));

        Assert.Contains("train-labels-idx1-ubyte: there is no such file", Rejection(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, "ends within image 2")]
    [InlineData(-7, "ends within image 1")]
    [InlineData(1, "goes on after")]
    public void Read_FileOfAnotherLength_SaysWhere(int change, string reason)
    {
        Write("train", false, false);
        var path = Path.Combine(_folder.Path, "train-images-idx3-ubyte");
        using (var file = File.OpenWrite(path))
        {
            file.SetLength(file.Length + change);
        }

        Assert.Contains(reason, Assert.Throws<DataException>(ReadAll).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DamagedGzip_SaysSo()
    {
        Write("train", zipImages: true, zipLabels: false);
        var path = Path.Combine(_folder.Path, "train-images-idx3-ubyte.gz");
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);

        Assert.Contains(
            "train-images-idx3-ubyte.gz",
            Assert.Throws<DataException>(ReadAll).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not an IDX file at all", "not an IDX file")]
    [InlineData("\0\0\u000D\u0003", "type 0x0D")]
    [InlineData("\0\0", "magic number")]
    public void Open_NoIdxFile_SaysSo(string content, string reason)
    {
        _folder.Write("train-images-idx3-ubyte", content);

        Assert.Contains(reason, Rejection(), StringComparison.Ordinal);
    }

    private void Write(string part, bool zipImages, bool zipLabels, byte[]? labels = null)
    {
        labels ??= [1, 2, 0];
        var pixels = Enumerable.Range(0, 18).Select(i => (byte)i).ToArray();
        Write($"{part}-images-idx3-ubyte", zipImages, DataFiles.Idx([3, 2, 3], pixels));
        Write($"{part}-labels-idx1-ubyte", zipLabels, DataFiles.Idx([labels.Length], labels));
    }

    private void Write(string name, bool zip, byte[] content) =>
        _folder.Write(zip ? name + ".gz" : name, zip ? DataFiles.Gzip(content) : content);

    private void ReadAll() =>
        _ = ImageSets.Open(_folder.Path, DataSplit.Train, Three).Read(Selection.Range(0, 3)).ToArray();

    private string Rejection() =>
        Assert.Throws<DataException>(() => ImageSets.Open(_folder.Path, DataSplit.Train, Three)).Message;
}

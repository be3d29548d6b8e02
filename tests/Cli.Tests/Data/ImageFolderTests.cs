using SoftmaxService.Cli.Data;

namespace SoftmaxService.Cli.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private static readonly Labels Classes = Labels.Of(["dog", "cat"]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_FilesInFoldersOfTheirClass_GivesThemByClassAndName()
    {
        _folder.Write("cat/b.png", [1]);
        _folder.Write("cat/a.png", [2]);
        _folder.Write("dog/z.jpg", [3]);
        _folder.Write("cat/.hidden", [9]);

        var read = ImageSets.Open(_folder.Path, null, Classes).Read(Selection.Range(0, 3)).ToArray();

        Assert.Equal([3, 2, 1], read.Select(image => (int)image.Encoded.Single()));
        Assert.Equal([0, 1, 1], read.Select(image => image.Label));
    }

    [Fact]
    public void Open_FolderThatIsNoClass_NamesItAndTheClasses()
    {
        _folder.Write("bird/a.png", [1]);

        var rejection = Rejection();
        Assert.Contains("'bird' is not a class", rejection, StringComparison.Ordinal);
        Assert.DoesNotContain("labels.txt", rejection, StringComparison.Ordinal);
        Assert.Contains("dog, cat", rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ClassesWithoutNames_SaysHowToNameThem()
    {
        _folder.Write("bird/a.png", [1]);

        var rejection = Assert.Throws<DataException>(
            () => ImageSets.Open(_folder.Path, null, Labels.Of(["0", "1", "2"]))).Message;
        Assert.Contains("put a labels.txt with a name a line beside it", rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileBesideTheFolders_IsRejected()
    {
        _folder.Write("cat/a.png", [1]);
        _folder.Write("stray.png", [1]);

        Assert.Contains("stray.png", Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithoutImages_IsRejected()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "cat"));

        Assert.Contains("holds no images", Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhereLabelsDoNotMatter_ReadsEveryFile()
    {
        _folder.Write("a.png", [1]);
        _folder.Write("deep/er/b.png", [2]);

        Assert.Equal(
            [-1, -1],
            ImageSets.Open(_folder.Path, null, Labels.Ignored).Read(Selection.Range(0, 2)).Select(image => image.Label)
        );
    }

    private string Rejection() =>
        Assert.Throws<DataException>(() => ImageSets.Open(_folder.Path, null, Classes)).Message;
}

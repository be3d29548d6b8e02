using System.Diagnostics;
using SoftmaxService.Inference.Conventions;
using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>Which files are opened.</summary>
public sealed class SidecarFoldersTests
{
    private const string Labels = "labels.txt";

    [Fact]
    public void TheFirstFolderWins()
    {
        using var folder = new SidecarFolder()
            .With("config.json", """{"id2label": {"0": "above"}}""")
            .With("labels.txt", "other")
            .With("onnx/labels.txt", "below");
        var stated = SidecarFolder.Merge([Path.Combine(folder.Path, "onnx"), folder.Path]);

        Assert.Equal(["above"], stated.Labels?.Value);
        Assert.Equal("below", new SidecarFolders([Path.Combine(folder.Path, "onnx"), folder.Path]).Find(Labels) switch
        {
            { } file => System.Text.Encoding.UTF8.GetString(file.Content),
            null => null,
        });
    }

    [Fact]
    public void AFolderOfThatName_IsNoFile()
    {
        using var folder = new SidecarFolder().With("labels.txt/cat.txt", "cat");

        Assert.Empty(folder.Lines());
    }

    [Fact]
    public void AFolderThatIsMissing_HasNoFiles() =>
        Assert.Null(new SidecarFolders(["/nowhere/at/all"]).Find(Labels));

    [Fact]
    public void APipe_IsNotOpened()
    {
        using var folder = new SidecarFolder();
        using (var maker = Process.Start("mkfifo", Path.Combine(folder.Path, Labels)))
        {
            maker.WaitForExit();
        }

        Assert.Equal("labels.txt is a named pipe, not a regular file", FaultOf(folder));
    }

    [Fact]
    public void ADevice_IsNotOpened()
    {
        using var folder = new SidecarFolder();
        File.CreateSymbolicLink(Path.Combine(folder.Path, Labels), "/dev/zero");

        Assert.Contains("leads out of the model's folder", FaultOf(folder), Ordinal);
    }

    [Fact]
    public void ALinkInTheFolder_IsFollowed()
    {
        using var folder = new SidecarFolder().With("real/names.txt", "cat\ndog");
        File.CreateSymbolicLink(Path.Combine(folder.Path, Labels), Path.Combine("real", "names.txt"));

        Assert.Equal(["labels = cat|dog [labels.txt]"], folder.Lines());
    }

    [Theory]
    [InlineData("../names.txt")]
    [InlineData("../blobs/names.txt")]
    public void ALinkOutOfTheFolder_IsNotFollowed(string target)
    {
        using var folder = new SidecarFolder()
            .With("names.txt", "cat").With("blobs/names.txt", "cat").With("model/other.txt", "");
        var model = Path.Combine(folder.Path, "model");
        File.CreateSymbolicLink(Path.Combine(model, Labels), target);

        Assert.Contains(
            "leads out of the model's folder",
            Assert.Throws<ConventionException>(() => new SidecarFolders([model]).Find(Labels)).Message,
            Ordinal);
    }

    [Theory]
    [InlineData("models--a--b/snapshots/0123abcd", "../../blobs/4567ef", true)]
    [InlineData("models--a--b/snapshots/0123abcd/onnx", "../../../blobs/4567ef", true)]
    [InlineData("models--a--b/snapshots/0123abcd", "../../refs/main", false)]
    [InlineData("models--a--b/snapshots/0123abcd", "../../../models--c--d/blobs/89", false)]
    public void ALinkIntoTheCacheOfHuggingFace_IsFollowed(string snapshot, string target, bool isFollowed)
    {
        using var folder = new SidecarFolder()
            .With("models--a--b/blobs/4567ef", "cat\ndog")
            .With("models--a--b/refs/main", "0123abcd")
            .With("models--c--d/blobs/89", "cat\ndog")
            .With($"{snapshot}/README.md", "");
        var model = Path.Combine(folder.Path, snapshot);
        File.CreateSymbolicLink(Path.Combine(model, Labels), target);

        Assert.True(File.Exists(Path.Combine(model, Labels)));
        Assert.Equal(isFollowed, Record.Exception(() => new SidecarFolders([model]).Find(Labels)) is null);
    }

    [Fact]
    public void ALoopOfLinks_IsNotFollowed()
    {
        using var folder = new SidecarFolder();
        File.CreateSymbolicLink(Path.Combine(folder.Path, Labels), "classes.txt");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "classes.txt"), Labels);

        Assert.Equal("labels.txt is a link that leads back to itself", FaultOf(folder));
    }

    private static string FaultOf(SidecarFolder folder) =>
        Assert.Throws<ConventionException>(() => new SidecarFolders([folder.Path]).Find(Labels)).Message;
}

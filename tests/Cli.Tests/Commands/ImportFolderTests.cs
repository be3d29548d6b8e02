using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using SoftmaxService.Tests.Support.Models;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Cli.Tests.Commands;

/// <summary>What may lie in the folder that is imported, and in the one that is imported to.</summary>
public sealed class ImportFolderTests : IDisposable
{
    private const string Labels = "cat\ndog\nfish\n";

    private readonly TemporaryFolder _folder = new();

    private string Models => _folder.PathOf("models");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.onnx", "model.onnx_data")]
    [InlineData("model.onnx", "weights/part 1.bin")]
    [InlineData("onnx/model.onnx", "onnx/model.onnx_data")]
    [InlineData("Gewichte für K\u00e4tzchen.onnx", "w\u00e4ights.data")]
    public async Task ExternalDataIsCopied(string model, string data)
    {
        var name = Path.GetRelativePath(Path.GetDirectoryName($"/{model}")!, $"/{data}");
        var (onnx, weights) = SmallModels.WithExternalData(name);
        _folder.Write($"a maker/{model}", onnx);
        _folder.Write($"a maker/{data}", weights);
        _folder.Write("a maker/unrelated.bin", "unrelated");

        var run = await ImportAsync("a maker", "--as", "net");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(Models, "net", "1", name)));
        Assert.False(File.Exists(Path.Combine(Models, "net", "1", "unrelated.bin")));
        using var loaded = Load("net");
        Assert.Equal(SmallModels.Classes, loaded.ClassCount);
    }

    [Fact]
    public async Task MissingExternalDataIsRejectedInTermsOfTheSource()
    {
        var source = _folder.Write("maker/model.onnx", SmallModels.WithExternalData("weights.bin").Onnx);

        AssertRejected(await ImportAsync("maker"), source, "weights.bin");
    }

    [Fact]
    public async Task APathOutOfTheFolderIsRejectedInTermsOfTheSource()
    {
        var source = _folder.Write("maker/net.onnx", SmallModels.WithExternalData("../weights.bin").Onnx);
        _folder.Write("weights.bin", SmallModels.WithExternalData("../weights.bin").Weights);

        AssertRejected(await ImportAsync("maker"), source, "../weights.bin");
    }

    [Fact]
    public async Task ExternalDataOutsideOfTheFolderIsRejected()
    {
        var source = _folder.Write("maker/model.onnx", SmallModels.WithExternalData("weights.bin").Onnx);
        var weights = _folder.Write("weights.bin", SmallModels.WithExternalData("weights.bin").Weights);
        File.CreateSymbolicLink(_folder.PathOf("maker/weights.bin"), weights);

        AssertRejected(await ImportAsync("maker"), source, "link out of the model's folder");
    }

    [Fact]
    public async Task ASnapshotOfTheCacheOfHuggingFaceIsImportedUnderItsRepositorysName()
    {
        const string Repository = "hub/models--owner--colours-net";
        var (onnx, weights) = SmallModels.WithExternalData("model.onnx_data");
        foreach (var (name, blob) in new[] { ("model.onnx", onnx), ("model.onnx_data", weights) })
        {
            _folder.Write($"{Repository}/blobs/{name.Length}", blob);
            Directory.CreateDirectory(_folder.PathOf($"{Repository}/snapshots/abc/onnx"));
            File.CreateSymbolicLink(
                _folder.PathOf($"{Repository}/snapshots/abc/onnx/{name}"), $"../../../blobs/{name.Length}");
        }

        _folder.Write($"{Repository}/blobs/labels", Labels);
        File.CreateSymbolicLink(_folder.PathOf($"{Repository}/snapshots/abc/labels.txt"), "../../blobs/labels");

        var run = await ImportAsync($"{Repository}/snapshots/abc");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var model = Load("colours-net");
        Assert.Equal(["cat", "dog", "fish"], model.Labels);
        Assert.All(
            Directory.EnumerateFiles(model.Folder),
            file => Assert.False(File.GetAttributes(file).HasFlag(FileAttributes.ReparsePoint), file));
    }

    [Fact]
    public async Task ALinkOutOfTheFolderIsNotFollowedAndSaidSo()
    {
        _folder.Write("maker/model.onnx", Plain());
        var secret = _folder.Write("secret.txt", Labels);
        File.CreateSymbolicLink(_folder.PathOf("maker/labels.txt"), secret);
        File.CreateSymbolicLink(_folder.PathOf("maker/notes.txt"), secret);
        File.CreateSymbolicLink(_folder.PathOf("maker/gone.txt"), "nowhere");

        var run = await ImportAsync("maker");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("labels.txt leads out of the model's folder", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("notes.txt", run.Output, StringComparison.Ordinal);
        using var model = Load("maker");
        Assert.Equal(["0", "1", "2"], model.Labels);
        Assert.Equal(
            ["model.json", "model.onnx"],
            Directory.EnumerateFileSystemEntries(model.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    /// <summary>A manifest may choose among several files; the version then has only that one.</summary>
    [Fact]
    public async Task TheFileThatTheManifestNamesIsImported()
    {
        _folder.Write("maker/onnx/model.onnx", "not a model");
        _folder.Write("maker/onnx/model_quantized.onnx", Plain());
        _folder.Write("maker/model.json", """{ "file": "onnx/model_quantized.onnx", "description": "small" }""");

        var run = await ImportAsync("maker", "--as", "net");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var model = Load("net");
        Assert.Equal("small", model.Manifest.Description);
        Assert.Null(model.Manifest.File);
    }

    [Fact]
    public async Task SeveralModelsAreNamed()
    {
        _folder.Write("maker/b.onnx", "b");
        _folder.Write("maker/a.onnx", "a");
        _folder.Write("empty/README.md", "nothing");

        var several = await ImportAsync("maker");
        var none = await ImportAsync("empty");

        Assert.Equal((1, 1), (several.ExitCode, none.ExitCode));
        Assert.Contains("there are 2 models: a.onnx, b.onnx", several.Error, StringComparison.Ordinal);
        Assert.Contains("there is no .onnx file in the folder", none.Error, StringComparison.Ordinal);
    }

    /// <summary>Beside a version, a model in the folder itself is no longer served.</summary>
    [Fact]
    public async Task AModelWithoutVersionsIsNotHidden()
    {
        _folder.Write("models/net/onnx/model.onnx", Plain());
        _folder.Write("other.onnx", Plain());

        var rejected = await ImportAsync("other.onnx", "--as", "net");
        var itself = await ImportAsync("models/net");

        Assert.Equal((1, 0), (rejected.ExitCode, itself.ExitCode));
        Assert.Contains("is a model itself, without folders of versions", rejected.Error, StringComparison.Ordinal);
        using var model = Load("net");
    }

    [Theory]
    [InlineData("a/b", 2)]
    [InlineData("..", 2)]
    [InlineData(".hidden", 2)]
    [InlineData("", 2)]
    [InlineData("K\u00e4tzchen & Co", 0)]
    public async Task ANameIsOneVisibleFolder(string name, int code)
    {
        _folder.Write("net.onnx", Plain());

        var run = await ImportAsync("net.onnx", "--as", name);

        Assert.Equal(code, run.ExitCode);
        Assert.Equal(code == 0, Directory.Exists(Models));
    }

    [Fact]
    public async Task ATargetThatCannotBeWrittenIsSaid()
    {
        _folder.Write("net.onnx", Plain());
        _folder.Write("models", "a file");

        var run = await ImportAsync("net.onnx");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"{Models}: it is a file; --models is the folder", run.Error, StringComparison.Ordinal);
        var below = await CommandRun.OfAsync(
            "import", _folder.PathOf("net.onnx"), "--models", Path.Combine(Models, "below"));
        Assert.Equal(1, below.ExitCode);
        Assert.StartsWith(
            $"{Path.Combine(Models, "below")}: no version can be made there", below.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(".import-", below.Error, StringComparison.Ordinal);
    }

    /// <summary>A failed import leaves no folder that it has made, and each that was there.</summary>
    [Fact]
    public async Task AFailedImportLeavesNoEmptyFolderOfModels()
    {
        _folder.Write("net.onnx", "not a model");
        var there = Directory.CreateDirectory(_folder.PathOf("there")).FullName;

        foreach (var models in new[] { _folder.PathOf("a/b/models"), there, Path.Combine(there, "models") })
        {
            var run = await CommandRun.OfAsync("import", _folder.PathOf("net.onnx"), "--models", models);
            Assert.Equal(1, run.ExitCode);
        }

        Assert.False(Directory.Exists(_folder.PathOf("a")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(there));
    }

    /// <summary>The commit that refs/main names, else the only one.</summary>
    [Theory]
    [InlineData("new", true)]
    [InlineData("gone", false)]
    [InlineData("../../elsewhere", false)]
    public async Task ARepositoryOfTheCacheOfHuggingFaceIsImportedFromItsMainSnapshot(string head, bool isThere)
    {
        const string Repository = "hub/models--owner--colours-net";
        _folder.Write("hub/elsewhere/model.onnx", Plain());
        _folder.Write($"{Repository}/refs/main", head + "\n");
        _folder.Write($"{Repository}/blobs/1", Plain());
        _folder.Write($"{Repository}/snapshots/old/model.onnx", "not a model");
        Directory.CreateDirectory(_folder.PathOf($"{Repository}/snapshots/new"));
        File.CreateSymbolicLink(_folder.PathOf($"{Repository}/snapshots/new/model.onnx"), "../../blobs/1");

        var run = await ImportAsync(Repository);
        var inspected = await CommandRun.OfAsync("inspect", _folder.PathOf(Repository));

        Assert.Equal(isThere ? 0 : 1, run.ExitCode);
        Assert.Contains(isThere ? "" : "refs/main names no snapshot", run.Error, StringComparison.Ordinal);
        Assert.Equal(isThere, File.Exists(Path.Combine(Models, "colours-net", "1", "model.onnx")));
        Assert.Contains(
            isThere ? "/snapshots/new." : "snapshots/<commit>.", inspected.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingIsLeftOfAnImportThatIsStopped()
    {
        _folder.Write("net.onnx", Plain());
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        var run = await CommandRun.OfAsync(
            stop.Token, "import", _folder.PathOf("net.onnx"), "--models", Models);

        Assert.Equal(130, run.ExitCode);
        Assert.False(Directory.Exists(Models));
    }

    /// <summary>A fixed batch and integers survive the way through the manifest.</summary>
    [Fact]
    public async Task AModelOfIntegersWithAFixedBatchIsImported()
    {
        var graph = new OnnxGraphBuilder("fixed");
        graph.Node(
            "Cast", [graph.Input("image", DataType.Int32, 8, 3, 16, 16)], "floats", ("to", (long)DataType.Float));
        graph.Node("ReduceMean", ["floats"], "scores", ("axes", new long[] { 2, 3 }), ("keepdims", 0L));
        graph.Output("scores", DataType.Float, 8, 3);
        _folder.Write("maker/model.onnx", graph.ToByteArray());
        _folder.Write("maker/labels.txt", Labels);

        var run = await ImportAsync("maker");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var model = Load("maker");
        Assert.Equal((8, 1f), (TensorInput.Of(model).DeclaredShape[0], model.Input.Scale));
    }

    private static byte[] Plain()
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        graph.Output("scores", DataType.Float, "batch", SmallModels.Classes);
        return graph.ToByteArray();
    }

    private static void AssertRejected(CommandRun run, string source, string reason)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"{source}: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(".import-", run.Error, StringComparison.Ordinal);
    }

    private Task<CommandRun> ImportAsync(string source, params string[] options) =>
        CommandRun.OfAsync(["import", _folder.PathOf(source), "--models", Models, .. options]);

    private ClassifierModel Load(string name) =>
        ClassifierModel.Load(Path.Combine(Models, name, "1"), name, "1", new ModelSettings());
}

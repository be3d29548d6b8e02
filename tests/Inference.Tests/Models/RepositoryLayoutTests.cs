using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Folders as people copy them: which file is the model, and where its neighbours are found.</summary>
public sealed class RepositoryLayoutTests : IDisposable
{
    private const string ModelConfig = """{"id2label": {"0": "cat", "1": "dog", "2": "bird"}}""";
    private const string Preprocessor = """{"image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.5, 0.5]}""";

    // Models of three and of four classes.
    private static readonly byte[] Three = ModelFolder.PickFirst(3, 48, "batch", 3, 4, 4);
    private static readonly byte[] Four = ModelFolder.PickFirst(4, 48, "batch", 3, 4, 4);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vit/1/")]
    [InlineData("vit/")]
    public void Load_RepositoryOfHuggingFace_IsServedWithItsFiles(string root)
    {
        _folder.Write(root + "README.md", "# A model card");
        _folder.Write(root + "config.json", ModelConfig);
        _folder.Write(root + "preprocessor_config.json", Preprocessor);
        _folder.Write(root + "model.safetensors", [1, 2, 3]);
        _folder.Write(root + "onnx/model.onnx", Three);
        _folder.Write(root + "onnx/model_quantized.onnx", Four);
        _folder.Write(root + "onnx/model_fp16.onnx", Four);

        using var repository = Load();

        Assert.Equal([], repository.Current.Failures);
        var model = Assert.Single(repository.Current.Models);
        Assert.Equal(("vit", "1"), (model.Name, model.Version));
        Assert.Equal(["cat", "dog", "bird"], model.Labels);
        Assert.Equal("config.json: id2label", model.Sources["labels"]);
        Assert.Equal([0.5f, 0.4f, 0.3f], model.Input.Mean);
        Assert.Equal("onnx/model.onnx", ClassifierModel.FindOnnxFile(_folder.PathOf(root)));
    }

    /// <summary>As it lies in the cache, whole: one error with the way out.</summary>
    [Fact]
    public void Load_RepositoryOfTheCache_NamesItsSnapshot()
    {
        _folder.Write("vit/refs/main", "abc");
        _folder.Write("vit/blobs/1", Three);
        _folder.Write("vit/snapshots/abc/model.onnx", Three);
        _folder.Write("vit/snapshots/old/model.onnx", Four);

        using var repository = Load();

        var failure = Assert.Single(repository.Current.Failures);
        Assert.Equal(
            "it is a repository in the cache of Hugging Face; its files are in vit/snapshots/abc: link that folder as "
            + "vit/1, or run softmax import",
            failure.Reason);
    }

    [Theory]
    [InlineData("model.onnx", "onnx/model.onnx")]
    [InlineData("net.onnx", "onnx/model.onnx")]
    [InlineData("onnx/net.onnx", "model.ort")]
    public void Load_ModelsInBothFolders_TakesTheNearerOneInOnnxsFormat(string served, string other)
    {
        _folder.Write("a/1/" + served, Three);
        _folder.Write("a/1/" + other, Four);

        using var repository = Load();

        Assert.Equal(3, repository.Current.Find("a", "1").ClassCount);
        Assert.Equal(served, ClassifierModel.FindOnnxFile(_folder.PathOf("a/1")));
    }

    [Fact]
    public void Load_FileBesideTheModelsFolderIsNotUsed_IsUsedBesideTheOnnxFolderFirst()
    {
        _folder.Write("a/labels.txt", "one\ntwo\nthree\n");
        _folder.Write("a/1/onnx/labels.txt", "uno\ndue\ntre\n");
        _folder.Write("a/1/onnx/model.onnx", Three);
        _folder.Write("b/labels.txt", "one\ntwo\nthree\n");
        _folder.Write("b/1/onnx/model.onnx", Three);

        using var repository = Load();

        Assert.Equal(["uno", "due", "tre"], repository.Current.Find("a", null).Labels);
        Assert.Equal(["one", "two", "three"], repository.Current.Find("b", null).Labels);
    }

    [Theory]
    [InlineData("onnx/model_quantized.onnx")]
    [InlineData("model_quantized.onnx")]
    [InlineData("exports/2026/net.onnx")]
    public void Load_ManifestNamesAFile_ServesIt(string file)
    {
        _folder.Write("a/1/model.onnx", Three);
        _folder.Write("a/1/labels.txt", "a\nb\nc\nd\n");
        _folder.Write("a/1/" + file, Four);
        _folder.Write("a/1/model.json", $$"""{"file": "{{file}}"}""");

        using var repository = Load();

        Assert.Equal([], repository.Current.Failures);
        Assert.Equal(["a", "b", "c", "d"], repository.Current.Find("a", null).Labels);
        Assert.Equal(file, ClassifierModel.FindOnnxFile(_folder.PathOf("a/1")));
    }

    [Theory]
    [InlineData("../../b/1/model.onnx")]
    [InlineData("onnx/../../1/model.onnx")]
    [InlineData("/etc/model.onnx")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("labels.txt")]
    [InlineData("model.onnx\\u0000.onnx")]
    public void Load_ManifestNamesAFileOutsideOrNoModel_IsRejected(string file)
    {
        _folder.Write("a/1/model.onnx", Three);
        _folder.Write("b/1/model.onnx", Three);
        _folder.Write("a/1/labels.txt", "a");
        _folder.Write("a/1/model.json", $$"""{"file": "{{file}}"}""");

        using var repository = Load();

        Assert.Contains(
            "it must be the path of an ONNX file in the version's folder, such as onnx/model.onnx",
            Assert.Single(repository.Current.Failures).Reason, StringComparison.Ordinal);
        Assert.Null(ClassifierModel.FindOnnxFile(_folder.PathOf("a/1")));
    }

    [Fact]
    public void Load_ManifestNamesAFileThatIsMissing_SaysWhoNamesIt()
    {
        _folder.Write("a/1/model.onnx", Three);
        _folder.Write("a/1/model.json", """{"file": "onnx/model.onnx"}""");

        using var repository = Load();

        Assert.Equal(
            "the folder holds no onnx/model.onnx, which model.json names",
            Assert.Single(repository.Current.Failures).Reason);
    }

    [Fact]
    public void Load_FolderOfAVersionOrOfAModelThatIsALink_IsServed()
    {
        using var elsewhere = new TemporaryFolder();
        elsewhere.Write("net/1/onnx/model.onnx", Three);
        elsewhere.Write("net/labels.txt", "one\ntwo\nthree\n");
        elsewhere.Write("net/1/preprocessor_config.json", Preprocessor);
        Directory.CreateSymbolicLink(_folder.PathOf("model"), elsewhere.PathOf("net"));
        Directory.CreateDirectory(_folder.PathOf("version"));
        Directory.CreateSymbolicLink(_folder.PathOf("version/7"), elsewhere.PathOf("net/1"));
        Directory.CreateSymbolicLink(_folder.PathOf("bare"), elsewhere.PathOf("net/1"));

        using var repository = Load();

        Assert.Equal([], repository.Current.Failures);
        Assert.Equal(
            ["bare/1", "model/1", "version/7"],
            repository.Current.Models.Select(model => $"{model.Name}/{model.Version}"));
        Assert.Equal(["one", "two", "three"], repository.Current.Find("model", "1").Labels);
        Assert.All(repository.Current.Models, model => Assert.Equal([0.5f, 0.4f, 0.3f], model.Input.Mean));
    }

    [Fact]
    public void Load_ModelBesideAVersionsFolder_IsNotServed()
    {
        _folder.Write("a/model.onnx", Three);
        _folder.Write("a/2/model.onnx", Four);

        using var repository = Load();

        Assert.Equal("2", Assert.Single(repository.Current.Models).Version);
    }

    [Fact]
    public void Follow_ModelWithoutAVersionThatGetsOne_IsReplaced()
    {
        using var live = new LiveFolder();
        Directory.CreateDirectory(live.At("a"));
        File.WriteAllBytes(live.At("a/net.onnx"), LiveFolder.Three);
        Assert.Equal(["a/1:3"], live.Served);

        File.WriteAllBytes(live.At("a/net.onnx"), LiveFolder.Four);
        live.Follow();
        Assert.Equal(["a/1:4"], live.Served);

        live.With("a/1", LiveFolder.Three);
        live.Follow();
        Assert.Equal(["a/1:3"], live.Served);
        Assert.Equal(live.At("a/1"), live.Current.Find("a", "1").Folder);

        live.With("a/2", LiveFolder.Four);
        Directory.Delete(live.At("a/1"), recursive: true);
        live.Follow();
        Assert.Equal(["a/2:4"], live.Served);
        Assert.Empty(live.Current.Failures);
    }

    private ModelRepository Load()
    {
        var repository = new ModelRepository(new RepositorySettings { Folder = _folder.Path });
        repository.LoadAll();
        return repository;
    }
}

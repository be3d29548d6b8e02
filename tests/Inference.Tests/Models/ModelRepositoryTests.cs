using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

public sealed class ModelRepositoryTests
{
    private static readonly byte[] Onnx = ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);

    [Fact]
    public void Load_SeveralVersions_OrdersThemAsNumbers()
    {
        using var folder = new ModelFolder().With("a/10", Onnx).With("a/9", Onnx).With("a/2", Onnx).With("b/1", Onnx);
        using var repository = folder.Load();

        Assert.Equal(
            ["a/2", "a/9", "a/10", "b/1"], repository.Current.Models.Select(model => $"{model.Name}/{model.Version}"));
        Assert.Equal("10", repository.Current.Find("a", null).Version);
        Assert.Equal("9", repository.Current.Find("a", "9").Version);
        Assert.Empty(repository.Current.Failures);
    }

    [Fact]
    public void Load_FolderThatIsMissing_HoldsNothing()
    {
        using var repository = new ModelRepository(
            new RepositorySettings { Folder = Path.Combine(Path.GetTempPath(), "no such folder") });
        repository.LoadAll();

        Assert.Empty(repository.Current.Models);
        Assert.Null(repository.Current.DefaultModel);
        Assert.Equal(
            InferenceError.ModelNotFound,
            Assert.Throws<InferenceException>(() => repository.Current.Find(null, null)).Error);
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("0")]
    [InlineData("01")]
    [InlineData("-1")]
    [InlineData("1.0")]
    [InlineData("99999999999")]
    public void Load_VersionThatIsNotAPositiveNumber_IsReported(string version)
    {
        using var folder = new ModelFolder().With($"a/{version}", Onnx).With("b/1", Onnx);
        using var repository = folder.Load();

        var failure = Assert.Single(repository.Current.Failures);
        Assert.Equal(("a", version), (failure.Name, failure.Version));
        Assert.Contains("positive whole number", failure.Reason, StringComparison.Ordinal);
        Assert.Single(repository.Current.Models);
    }

    [Fact]
    public void Load_HiddenFoldersAndLooseFiles_AreIgnored()
    {
        using var folder = new ModelFolder().With("a/1", Onnx).With(".git/1", Onnx).With("a/.tmp", Onnx);
        File.WriteAllText(Path.Combine(folder.Path, "README.md"), "models");
        using var repository = folder.Load();

        Assert.Single(repository.Current.Models);
        Assert.Empty(repository.Current.Failures);
    }

    [Fact]
    public void Load_VersionWithoutModel_IsReported()
    {
        using var folder = new ModelFolder().With("a/1", Onnx);
        Directory.CreateDirectory(Path.Combine(folder.Path, "a", "2"));
        using var repository = folder.Load();

        Assert.Contains("model.onnx", Assert.Single(repository.Current.Failures).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ModelFolderWithoutVersions_IsReported()
    {
        using var folder = new ModelFolder().With("a/1", Onnx);
        Directory.CreateDirectory(Path.Combine(folder.Path, "b"));
        File.WriteAllText(Path.Combine(folder.Path, "b", "labels.txt"), "cat");
        using var repository = folder.Load();

        Assert.Contains("b/1/model.onnx", Assert.Single(repository.Current.Failures).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_DefaultThatIsNotServed_IsReported()
    {
        using var folder = new ModelFolder().With("a/1", Onnx);
        using var repository = folder.Load("b");

        Assert.Equal("b", Assert.Single(repository.Current.Failures).Name);
        Assert.Throws<InferenceException>(() => repository.Current.Find(null, null));
    }

    [Fact]
    public void Find_NameThatIsUnknown_ListsTheModels()
    {
        using var folder = new ModelFolder().With("cat/1", Onnx).With("dog/1", Onnx);
        using var repository = folder.Load();

        var fault = Assert.Throws<InferenceException>(() => repository.Current.Find("../cat", null));

        Assert.Equal(InferenceError.ModelNotFound, fault.Error);
        Assert.Contains("cat, dog", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("01")]
    [InlineData("")]
    [InlineData("../1")]
    public void Find_VersionThatIsUnknown_ListsTheVersions(string version)
    {
        using var folder = new ModelFolder().With("cat/1", Onnx).With("cat/3", Onnx);
        using var repository = folder.Load();

        var fault = Assert.Throws<InferenceException>(() => repository.Current.Find("cat", version));

        Assert.Equal(InferenceError.VersionNotFound, fault.Error);
        Assert.Contains("1, 3", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "cat")]
    [InlineData("dog", "dog")]
    public void Find_NoName_GivesTheDefault(string? defaultModel, string expected)
    {
        using var folder = new ModelFolder().With("cat/1", Onnx).With("dog/1", Onnx);
        using var repository = folder.Load(defaultModel);

        Assert.Equal(expected, repository.Current.Find(null, null).Name);
    }
}

using System.Runtime.InteropServices;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// Models that are links, above all into a cache of Hugging Face: there every file of a snapshot is a link to a blob
/// that is named by its hash, and external data lies beside the link, not beside the file.
/// </summary>
public sealed class CacheLinkTests : IDisposable
{
    private const string Data = "model.onnx_data";
    private const string Repository = "hub/models--maker--net";
    private const string Snapshot = $"{Repository}/snapshots/0123abcd";

    private static readonly byte[] Weights = MemoryMarshal.AsBytes<float>(
        Enumerable.Repeat(1f, SmallModels.Pixels * SmallModels.Classes).ToArray()).ToArray();

    private readonly TemporaryFolder _cache = new();
    private readonly ModelFolder _models = new();

    public void Dispose()
    {
        _cache.Dispose();
        _models.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("onnx/")]
    public void Load_VersionThatIsALinkToASnapshot_IsServed(string subfolder)
    {
        WriteCache(subfolder);
        LinkFolder("a/1", Snapshot);

        AssertServed();
    }

    [Theory]
    [InlineData("")]
    [InlineData("onnx/")]
    public void Load_ModelThatIsALinkToASnapshot_IsServed(string subfolder)
    {
        WriteCache(subfolder);
        LinkFolder("a", Snapshot);

        AssertServed();
    }

    [Theory]
    [InlineData("")]
    [InlineData("onnx/")]
    public void Load_ModelFileThatIsALinkToASnapshot_IsServedWithItsNeighbours(string subfolder)
    {
        WriteCache(subfolder);
        LinkFile("model.onnx", $"{Snapshot}/{subfolder}model.onnx");

        AssertServed();
    }

    [Fact]
    public void Load_VersionThatIsALinkToTheFolderOnnx_FindsTheFilesAboveIt()
    {
        WriteCache("onnx/");
        LinkFolder("a/1", $"{Snapshot}/onnx");

        AssertServed();
    }

    [Fact]
    public void Load_FolderOnnxThatIsALink_FindsTheFilesAboveWhatItLeadsTo()
    {
        WriteCache("onnx/");
        LinkFolder("a/1/onnx", $"{Snapshot}/onnx");

        AssertServed();
    }

    /// <summary>A link in a snapshot leads up from where it really is, not from the link to the snapshot.</summary>
    [Theory]
    [InlineData("a/1")]
    [InlineData("a")]
    public void Fingerprint_FolderThatIsALinkToASnapshot_ShowsWhatChangesBehindIt(string link)
    {
        WriteCache("");
        LinkFolder(link, Snapshot);
        var folder = Path.Combine(_models.Path, link);

        var before = VersionFingerprint.Of(folder, "a", "1");
        _cache.Write($"{Repository}/blobs/labels-hash", "uno\ndue\ntre\nquattro\n");
        var after = VersionFingerprint.Of(folder, "a", "1");

        Assert.True(before.HasModel);
        Assert.DoesNotContain("|gone", before.Text, StringComparison.Ordinal);
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void Load_FileInAFolderOnnx_FindsTheFilesAboveIt()
    {
        _models.With("a/1/export/onnx", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
        var version = Path.Combine(_models.Path, "a", "1");
        File.WriteAllText(Path.Combine(version, "model.json"), """{ "file": "export/onnx/model.onnx" }""");
        File.WriteAllText(Path.Combine(version, "export", "labels.txt"), "one\ntwo\nthree\n");
        using var repository = _models.Load();

        Assert.Equal(["one", "two", "three"], repository.Current.Find("a", "1").Labels);
    }

    [Fact]
    public void Load_ModelCalledOnnx_ReadsNothingBesideTheModels()
    {
        _models.With("onnx", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
        File.WriteAllText(Path.Combine(_models.Path, "labels.txt"), "one\ntwo\nthree\n");
        using var repository = _models.Load();

        Assert.Equal(["0", "1", "2"], repository.Current.Find("onnx", "1").Labels);
    }

    [Fact]
    public void Load_EveryFileALinkToTheSnapshot_IsServed()
    {
        WriteCache("onnx/");
        LinkFile("model.onnx", $"{Snapshot}/onnx/model.onnx");
        LinkFile(Data, $"{Snapshot}/onnx/{Data}");
        LinkFile("labels.txt", $"{Snapshot}/labels.txt");

        AssertServed();
    }

    [Fact]
    public void Load_ModelFileThatIsALinkToAnotherFolder_FindsItsDataThere()
    {
        _cache.Write("exports/net.onnx", SmallModels.WithExternalData("data/weights.bin").Onnx);
        _cache.Write("exports/data/weights.bin", Weights);
        _cache.Write("exports/labels.txt", "one\ntwo\nthree\n");
        LinkFile("model.onnx", "exports/net.onnx");

        AssertServed();
    }

    [Theory]
    [InlineData("../../../secret.bin")]
    [InlineData("../../refs/main")]
    [InlineData("../../../models--other--net/blobs/89")]
    public void Load_DataThatLeadsOutOfTheCachesRepository_IsRejected(string target)
    {
        WriteCache("");
        _cache.Write("hub/secret.bin", Weights);
        _cache.Write($"{Repository}/refs/main", Weights);
        _cache.Write("hub/models--other--net/blobs/89", Weights);
        File.Delete(_cache.PathOf($"{Snapshot}/{Data}"));
        File.CreateSymbolicLink(_cache.PathOf($"{Snapshot}/{Data}"), target);
        Assert.True(File.Exists(_cache.PathOf($"{Snapshot}/{Data}")));
        LinkFolder("a/1", Snapshot);

        Assert.Contains(
            $"the graph names {Data} for its external data, which is a link out of the model's folder",
            _models.Rejection(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("data/../../secret.bin")]
    public void Load_LinkToAModelWhoseDataLeadsOutOfItsFolder_IsRejected(string location)
    {
        _cache.Write("exports/net.onnx", SmallModels.WithExternalData(location).Onnx);
        _cache.Write("exports/data/other.bin", [1]);
        _cache.Write("secret.bin", Weights);
        LinkFile("model.onnx", "exports/net.onnx");

        Assert.Matches("escapes model directory|points outside the directory", _models.Rejection());
    }

    [Fact]
    public void Load_LinkToAModelWhoseDataIsALinkOut_IsRejected()
    {
        _cache.Write("exports/net.onnx", SmallModels.WithExternalData("weights.bin").Onnx);
        _cache.Write("secret.bin", Weights);
        File.CreateSymbolicLink(_cache.PathOf("exports/weights.bin"), "../secret.bin");
        LinkFile("model.onnx", "exports/net.onnx");

        Assert.Contains(
            "the graph names weights.bin for its external data, which is a link out of the model's folder",
            _models.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void ExternalLocations_OfASmallModel_AreRead()
    {
        var path = _cache.Write("net.onnx", SmallModels.WithExternalData("data/weights.bin").Onnx);
        Assert.Equal(["data/weights.bin"], ExternalLocations.In(path));

        // The name lies where the file is read in parts.
        foreach (var shift in (int[])[-40, -20, -10, 0])
        {
            path = _cache.Write("large.onnx", [.. new byte[(1 << 20) + shift], .. File.ReadAllBytes(path)]);
            Assert.Equal(["data/weights.bin"], ExternalLocations.In(path));
        }
    }

    private void WriteCache(string subfolder)
    {
        Blob("onnx-hash", $"{subfolder}model.onnx", SmallModels.WithExternalData(Data).Onnx);
        Blob("data-hash", $"{subfolder}{Data}", Weights);
        Blob("labels-hash", "labels.txt", "one\ntwo\nthree\n"u8.ToArray());
    }

    private void Blob(string hash, string name, byte[] content)
    {
        _cache.Write($"{Repository}/blobs/{hash}", content);
        var link = _cache.PathOf($"{Snapshot}/{name}");
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        var up = string.Concat(Enumerable.Repeat("../", name.Split('/').Length + 1));
        File.CreateSymbolicLink(link, $"{up}blobs/{hash}");
    }

    private void LinkFolder(string path, string target)
    {
        var link = Path.Combine(_models.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        Directory.CreateSymbolicLink(link, _cache.PathOf(target));
    }

    private void LinkFile(string name, string target)
    {
        var version = Directory.CreateDirectory(Path.Combine(_models.Path, "a", "1")).FullName;
        File.CreateSymbolicLink(Path.Combine(version, name), _cache.PathOf(target));
    }

    private void AssertServed()
    {
        using var repository = _models.Load();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        var model = repository.Current.Find("a", "1");
        Assert.Equal(["one", "two", "three"], model.Labels);

        // All weights are 1, so that each logit is the sum of sixteen white pixels.
        var white = EncodedImages.Encode(4, 4, (_, _) => SkiaSharp.SKColors.White);
        Assert.Equal(
            16f, ImageClassifier.Classify(model, white, new ClassificationOptions()).Predictions[0].Logit, 1e-4f);
    }
}

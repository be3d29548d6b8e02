using SkiaSharp;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Makers' files are followed like the model itself, wherever they are found.</summary>
public sealed class MakersFileChangeTests
{
    [Theory]
    [InlineData("a/1/model.onnx", "a/1/labels.txt")]
    [InlineData("a/1/model.onnx", "a/labels.txt")]
    [InlineData("a/1/onnx/model.onnx", "a/1/onnx/labels.txt")]
    [InlineData("a/1/onnx/model.onnx", "a/1/labels.txt")]
    [InlineData("a/1/onnx/model.onnx", "a/labels.txt")]
    [InlineData("a/model.onnx", "a/labels.txt")]
    [InlineData("a/onnx/model.onnx", "a/onnx/labels.txt")]
    public void Follow_FileThatAppearsChangesOrGoes_ReloadsTheModel(string onnx, string labels)
    {
        using var live = new LiveFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(live.At(onnx))!);
        File.WriteAllBytes(live.At(onnx), LiveFolder.Three);
        Assert.Equal(["0", "1", "2"], live.Current.Find("a", null).Labels);

        foreach (var names in (string?[])["one,two,three", "eins,zwei,drei", null])
        {
            if (names is null)
            {
                File.Delete(live.At(labels));
            }
            else
            {
                File.WriteAllLines(live.At(labels), names.Split(','));
            }

            live.Follow();
            Assert.Equal((names ?? "0,1,2").Split(','), live.Current.Find("a", null).Labels);
        }

        Assert.All(live.Changes, change => Assert.True(change.IsReplacement));
        Assert.Equal(3, live.Changes.Count);
    }

    [Fact]
    public void Follow_OtherFileInTheModelsFolder_ReloadsNothing()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("b/1", LiveFolder.Three);
        _ = live.Current;
        File.WriteAllText(live.At("a/train.log"), "epoch 1");
        File.WriteAllText(live.At("a/.labels.txt"), "hidden");
        File.WriteAllText(live.At("labels.txt"), "beside the models' folders");
        live.Follow();

        Assert.Empty(live.Changes);
    }

    [Fact]
    public void Follow_FileBesideTheLinkedModel_ReloadsIt()
    {
        using var elsewhere = new TemporaryFolder();
        var onnx = elsewhere.Write("net/model.onnx", LiveFolder.Three);
        elsewhere.Write("net/labels.txt", "one\ntwo\nthree\n");
        using var live = new LiveFolder();
        File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(live.At("a/1")).FullName, "model.onnx"), onnx);
        Assert.Equal(["one", "two", "three"], live.Current.Find("a", null).Labels);

        elsewhere.Write("net/labels.txt", "uno\ndue\ntre\n");
        live.Follow();

        Assert.Equal(["uno", "due", "tre"], live.Current.Find("a", null).Labels);
    }

    [Theory]
    [InlineData("net.onnx", "weights.bin", "weights.bin")]
    [InlineData("net.onnx", "data/weights.bin", "data/weights.bin")]
    [InlineData("snapshots/0/net.onnx", "weights.bin", "snapshots/0/weights.bin")] // in a cache, a link to a blob
    public void Follow_ExternalDataBesideTheLinkedModel_ReloadsIt(string onnx, string location, string data)
    {
        using var elsewhere = new TemporaryFolder();
        var (graph, weights) = SmallModels.WithExternalData(location);
        if (onnx.StartsWith("snapshots", StringComparison.Ordinal))
        {
            elsewhere.Write("blobs/graph", graph);
            elsewhere.Write("blobs/weights", weights);
            Directory.CreateDirectory(elsewhere.PathOf("snapshots/0"));
            File.CreateSymbolicLink(elsewhere.PathOf(onnx), "../../blobs/graph");
            File.CreateSymbolicLink(elsewhere.PathOf(data), "../../blobs/weights");
        }
        else
        {
            elsewhere.Write(onnx, graph);
            elsewhere.Write(data, weights);
        }

        using var live = new LiveFolder();
        File.CreateSymbolicLink(
            Path.Combine(Directory.CreateDirectory(live.At("a/1")).FullName, "model.onnx"), elsewhere.PathOf(onnx));
        var before = TopLogit();
        live.Follow();
        Assert.Empty(live.Changes);

        File.WriteAllBytes(elsewhere.PathOf(data), new byte[weights.Length]);
        live.Follow();

        Assert.Single(live.Changes);
        Assert.Equal((true, 0f), (before > 0, TopLogit()));

        float TopLogit() => ImageClassifier.Classify(
            live.Current.Find("a", null), EncodedImages.Encode(4, 4, (_, _) => SKColors.White),
            new ClassificationOptions()).Predictions[0].Logit;
    }

    [Fact]
    public void Follow_FileBesideTheLinkedModelThatTheManifestChooses_ReloadsIt()
    {
        using var elsewhere = new TemporaryFolder();
        var onnx = elsewhere.Write("net/model.onnx", LiveFolder.Three);
        elsewhere.Write("net/labels.txt", "one\ntwo\nthree\n");
        using var live = new LiveFolder().With("a/1", LiveFolder.Four, """{ "file": "chosen.onnx" }""");
        File.CreateSymbolicLink(live.At("a/1/chosen.onnx"), onnx);
        Assert.Equal(["one", "two", "three"], live.Current.Find("a", null).Labels);

        elsewhere.Write("net/labels.txt", "uno\ndue\ntre\n");
        live.Follow();

        Assert.Equal(["uno", "due", "tre"], live.Current.Find("a", null).Labels);
    }

    [Fact]
    public void Follow_MalformedFileAboveTheVersion_KeepsServingAndSaysWhy()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        File.WriteAllText(live.At("a/preprocessor_config.json"), """{"image_mean": [}""");
        live.Follow();

        Assert.Equal(["a/1:3"], live.Served);
        var failure = Assert.Single(live.Current.Failures);
        Assert.True(failure.KeepsServing);
        Assert.Contains("preprocessor_config.json", failure.Reason, StringComparison.Ordinal);
    }
}

using SkiaSharp;

namespace SoftmaxService.Inference.Tests.Models.Inputs;

/// <summary>Graphs that scale pixels by themselves get them as their makers fed them.</summary>
public sealed class GraphScalingTests
{
    private const string Ambiguous = "does not settle it";
    private const string Twice = "may scale pixels twice";

    // Red, half green, no blue.
    private static readonly byte[] Picture = EncodedImages.Encode(8, 8, (_, _) => new SKColor(255, 128, 0));

    public static TheoryData<string> OfBytes => [.. ScalingGraphs.OfBytes.Keys];

    public static TheoryData<string> OfUnit => [.. ScalingGraphs.OfUnit.Keys];

    public static TheoryData<string> OfDoubt => [.. ScalingGraphs.OfDoubt.Keys];

    [Theory]
    [MemberData(nameof(OfBytes))]
    public void Load_GraphThatDividesPixels_GetsThemAsTheyAre(string export) =>
        AssertFed(ScalingGraphs.OfBytes[export], 1f, [0, 0, 0], [1, 1, 1]);

    [Theory]
    [MemberData(nameof(OfUnit))]
    public void Load_GraphThatNormalizes_GetsPixelsFrom0To1(string export) =>
        AssertFed(ScalingGraphs.OfUnit[export], 1 / 255f, [0, 0, 0], [1, 1, 1]);

    [Fact]
    public void Load_GraphThatUndoesImageNetsNormalization_GetsIt() =>
        AssertFed(ScalingGraphs.GoogLeNet, 1 / 255f, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    [Theory]
    [MemberData(nameof(OfDoubt))]
    public void Load_FirstNodesThatProveNothing_AreNamedInTheWarning(string what)
    {
        var (onnx, seen) = ScalingGraphs.OfDoubt[what];
        using var folder = new ModelFolder().With("a/1", onnx);
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        Assert.Equal("assumed", model.Sources["input.scale"]);
        Assert.Equal(1 / 255f, model.Input.Scale);
        var warning = Assert.Single(
            model.Warnings, one => one.StartsWith("No file says how pixels are scaled", StringComparison.Ordinal));
        Assert.Equal(seen.Length > 0, warning.Contains(Ambiguous, StringComparison.Ordinal));
        Assert.Contains(
            seen.Length > 0 ? $"The graph begins with {seen}, which {Ambiguous}." : "no std. A model",
            warning,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Classify_EfficientNetV2_AnswersAsKerasDoes()
    {
        using var folder = new ModelFolder().With("a/1", ScalingGraphs.OfBytes["EfficientNetV2S of Keras"]);
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        var logits = ImageClassifier.Classify(model, Picture, new ClassificationOptions())
            .Predictions.OrderBy(one => one.Index).Select(one => one.Logit);

        Assert.Equal([(255 / 128f) - 1, 0f, -1f], logits);
        Assert.Equal("the graph's first nodes (Mul by 0.0078125; Add of -1)", model.Sources["input.scale"]);
    }

    [Theory]
    [InlineData("EfficientNetB0 of Keras", "Mul by 0.003921569; Sub of [0.485, 0.456, 0.406]; Div by [0.4785394, ")]
    [InlineData("inverted", "Sub from 255; Div by 255")]
    public void Load_GraphThatScales_NamesItsNodes(string export, string nodes)
    {
        using var folder = new ModelFolder().With("a/1", ScalingGraphs.OfBytes[export]);
        using var repository = folder.Load();

        Assert.StartsWith(
            $"the graph's first nodes ({nodes}", repository.Current.Find("a", null).Sources["input.mean"],
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": false }""", true)]
    [InlineData("""{ "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5] }""", true)]
    [InlineData("""{ "do_rescale": false, "do_normalize": false }""", false)]
    [InlineData("""{ "do_rescale": false, "do_normalize": false }""", false, "{ \"input\": { \"mean\": [7] } }")]
    [InlineData(
        """{ "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5] }""", false,
        """{ "input": { "scale": 0.1 } }""")]
    public void Load_FileThatScalesToo_IsFollowedWithAWarning(
        string preprocessor, bool warns, string? manifest = null)
    {
        using var folder = new ModelFolder().With("a/1", ScalingGraphs.OfBytes["MobileNetV3 of Keras"], manifest);
        File.WriteAllText(Path.Combine(folder.Path, "a", "1", "preprocessor_config.json"), preprocessor);
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        Assert.DoesNotContain("the graph", model.Sources["input.scale"], StringComparison.Ordinal);
        var warnings = model.Warnings.Where(one => one.Contains(Twice, StringComparison.Ordinal)).ToArray();
        Assert.Equal(warns ? 1 : 0, warnings.Length);
        Assert.All(warnings, warning =>
        {
            Assert.StartsWith("preprocessor_config.json: ", warning, StringComparison.Ordinal);
            Assert.Contains(
                "so do the graph's first nodes (Mul by 0.007843138; Sub of 1)", warning, StringComparison.Ordinal);
            Assert.Contains("\"scale\": 1 in input of model.json", warning, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Load_MetadataThatAgreesWithTheGraph_IsCompleted()
    {
        using var folder = new ModelFolder().With("a/1", ScalingGraphs.OfBytes["ConvNeXt of Keras"]);
        File.WriteAllText(
            Path.Combine(folder.Path, "a", "1", "preprocessor_config.json"), """{ "rescale_factor": 1 }""");
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        Assert.Equal("preprocessor_config.json: rescale_factor", model.Sources["input.scale"]);
        Assert.StartsWith("the graph's first nodes", model.Sources["input.mean"], StringComparison.Ordinal);
        Assert.DoesNotContain(model.Warnings, one => one.Contains("no file gives a mean", StringComparison.Ordinal));
    }

    private static void AssertFed(byte[] onnx, float scale, float[] mean, float[] std)
    {
        using var folder = new ModelFolder().With("a/1", onnx);
        using var repository = folder.Load();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        var model = repository.Current.Find("a", null);

        Assert.Equal([scale, .. mean, .. std], [model.Input.Scale, .. model.Input.Mean, .. model.Input.Std]);
        Assert.All(["input.scale", "input.mean", "input.std"], field => Assert.StartsWith(
            "the graph's first nodes (", model.Sources[field], StringComparison.Ordinal));
        Assert.DoesNotContain(model.Warnings, one => one.Contains("scaled", StringComparison.Ordinal));
    }
}

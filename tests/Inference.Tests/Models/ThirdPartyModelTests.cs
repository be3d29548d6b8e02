using SkiaSharp;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Typical third-party models, put into the folder without a manifest.</summary>
public sealed class ThirdPartyModelTests
{
    // The first pixels are 51, 204 and 102: a fifth, four fifths and two fifths of white.
    private static readonly byte[] Image = EncodedImages.Encode(4, 4, (x, y) => y > 0 ? SKColors.Black : x switch
    {
        0 => new SKColor(51, 51, 51),
        1 => new SKColor(204, 204, 204),
        2 => new SKColor(102, 102, 102),
        _ => SKColors.White,
    });

    public static TheoryData<string, byte[]> Shapes => new()
    {
        { "NCHW", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4) },
        { "NHWC", ModelFolder.PickFirst(3, 16, "batch", 4, 4, 1) },
        { "batch of one", ModelFolder.PickFirst(3, 16, 1, 1, 4, 4) },
        { "flat", ModelFolder.PickFirst(3, 16, "batch", 16) },
        { "flat, batch of one", ModelFolder.PickFirst(3, 16, 1, 16) },
        { "pixels alone", SmallModels.WithoutBatch(16) },
        { "planes without a batch", SmallModels.WithoutBatch(1, 4, 4) },
        { "softmax at the end", SmallModels.EndingIn("Softmax", "batch", 1, 4, 4) },
        { "log-softmax at the end", SmallModels.EndingIn("LogSoftmax", "batch", 1, 4, 4) },
        { "halves", SmallModels.OfHalves() },
        { "two outputs, one called logits", SmallModels.WithOutputs("features", "logits") },
        { "outputs of many kinds", SmallModels.WithOutputsOfManyKinds() },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Classify_WhateverTheGraphTakesAndGives_AnswersTheSame(string what, byte[] onnx)
    {
        using var folder = new ModelFolder().With("a/1", onnx, SmallModels.IsImage);
        using var repository = folder.Load();
        Assert.True(
            repository.Current.Failures.Count == 0,
            $"{what}: {string.Join(" ", repository.Current.Failures.Select(failure => failure.Reason))}");
        var model = repository.Current.Find("a", null);

        // A half represents 0.8 to within 0.0002, which a temperature of 0.1 multiplies by 10.
        var tolerance = what == "halves" ? 1e-3 : 1e-6;
        foreach (var temperature in new[] { 0.1f, 1f, 3f })
        {
            var options = new ClassificationOptions { Temperature = temperature };
            var expected = Softmax([0.2, 0.8, 0.4], temperature);
            AssertProbabilities(expected, ImageClassifier.Classify(model, Image, options), tolerance);
            var plan = new ClassificationPlan(model, options);
            AssertProbabilities(
                expected, await ImageClassifier.ClassifyAsync(plan, Image, CancellationToken.None), tolerance);
        }
    }

    [Fact]
    public void Classify_GraphOfBytes_GetsThePixelsAsTheyAre()
    {
        using var folder = new ModelFolder().With("a/1", SmallModels.OfBytes());
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        var answer = ImageClassifier.Classify(model, Image, new ClassificationOptions());

        Assert.Equal(1f, model.Input.Scale);
        Assert.Equal(TensorElementType.UInt8, model.Classifier.InputElement);
        Assert.Equal([(1, 204f), (2, 102f), (0, 51f)], answer.Predictions.Select(one => (one.Index, one.Logit)));
    }

    [Fact]
    public void Classify_GraphOfBytesWithAScale_RoundsAndClamps()
    {
        using var folder = new ModelFolder().With(
            "a/1", SmallModels.OfBytes(), """{"input": {"scale": 1.5, "mean": [100]}}""");
        using var repository = folder.Load();

        // 51 · 1.5 − 100 = −23.5, 204 · 1.5 − 100 = 206, 102 · 1.5 − 100 = 53; white would be 282.5.
        var answer = ImageClassifier.Classify(repository.Current.Find("a", null), Image, new ClassificationOptions());
        var white = ImageClassifier.Classify(
            repository.Current.Find("a", null), EncodedImages.Encode(4, 4, (_, _) => SKColors.White),
            new ClassificationOptions());

        Assert.Equal([(1, 206f), (2, 53f), (0, 0f)], answer.Predictions.Select(one => (one.Index, one.Logit)));
        Assert.Equal(255f, white.Predictions[0].Logit);
    }

    [Theory]
    [InlineData("Softmax", OutputKind.Probabilities)]
    [InlineData("LogSoftmax", OutputKind.LogProbabilities)]
    public void Load_NoManifest_DetectsTheKindOfTheScores(string operation, OutputKind expected)
    {
        var onnx = SmallModels.EndingIn(operation, "batch", 1, 4, 4);
        using var folder = new ModelFolder().With("a/1", onnx).With("b/1", onnx, """{"output": {"kind": "logits"}}""");
        using var repository = folder.Load();

        Assert.Equal(
            (expected, true),
            (repository.Current.Find("a", null).OutputKind, repository.Current.Find("a", null).OutputKindIsDetected));
        Assert.Equal(
            (OutputKind.Logits, false),
            (repository.Current.Find("b", null).OutputKind, repository.Current.Find("b", null).OutputKindIsDetected));
    }

    [Theory]
    [InlineData("twice", "logits", "logits")]
    [InlineData("twice", "head/Logits:0", "head/Logits:0")]
    [InlineData("aux_logits", "logits", "logits")]
    [InlineData("probabilities", "embedding", "probabilities")]
    [InlineData("output", "hidden", "output")]
    public void Load_SeveralRowsOfScores_ChoosesByName(string first, string second, string expected)
    {
        using var folder = new ModelFolder().With("a/1", SmallModels.WithOutputs(first, second));
        using var repository = folder.Load();

        var model = repository.Current.Find("a", null);
        Assert.Equal(expected, model.GraphOutput.Name);
        Assert.Contains("of 2 outputs that could be the scores", model.ScoresOutput.Reason, StringComparison.Ordinal);
        Assert.Equal([first, second], model.GraphOutputs.Select(output => output.Name));
        Assert.Contains(model.Notes, note => note.Contains($"'{expected}'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("dense_1", "dense_2")]
    [InlineData("output_1", "output_2")]
    public void Load_SeveralRowsOfScoresAndNoTellingName_IsRejectedWithTheRemedy(string first, string second)
    {
        using var folder = new ModelFolder().With("a/1", SmallModels.WithOutputs(first, second));

        var reason = folder.Rejection();

        Assert.Contains($"{first} [?, 3], {second} [?, 3]", reason, StringComparison.Ordinal);
        Assert.Contains($$"""as in "output": { "name": "{{first}}" }""", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ManifestNamesTheOutput_IsBelieved()
    {
        using var folder = new ModelFolder().With(
            "a/1", SmallModels.WithOutputs("dense_1", "dense_2"), """{"output": {"name": "dense_1"}}""");
        using var repository = folder.Load();

        var answer = ImageClassifier.Classify(repository.Current.Find("a", null), Image, new ClassificationOptions());

        Assert.Equal(1.6f, answer.Predictions[0].Logit, 1e-6f);
        Assert.Equal("model.json names it", repository.Current.Find("a", null).ScoresOutput.Reason);
    }

    [Theory]
    [InlineData("dense_9", "'dense_9'", "label, sequence, map, dense_7")]
    [InlineData("label", "holds int64")]
    [InlineData("map", "[1, 1, 4, 4]")]
    [InlineData("sequence", "holds")]
    public void Load_ManifestNamesAnOutputThatCannotBe_IsRejected(string name, params string[] mentions)
    {
        using var folder = new ModelFolder().With(
            "a/1", SmallModels.WithOutputsOfManyKinds(), $$"""{"output": {"name": "{{name}}"} }""");

        var reason = folder.Rejection();

        Assert.All(mentions, mention => Assert.Contains(mention, reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_ExternalData_IsReadBesideTheModel()
    {
        var (onnx, weights) = SmallModels.WithExternalData("model.onnx.data");
        using var folder = new ModelFolder().With("a/1", onnx).With("b/1", onnx);
        File.WriteAllBytes(Path.Combine(folder.Path, "a", "1", "model.onnx.data"), weights);
        using var repository = folder.Load();

        Assert.Equal(
            0.8f,
            ImageClassifier.Classify(repository.Current.Find("a", null), Image, new ClassificationOptions())
                .Predictions[0].Logit,
            1e-6f);
        var failure = Assert.Single(repository.Current.Failures);
        Assert.Equal("b", failure.Name);
        Assert.DoesNotContain(folder.Path, failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_StringsIn_IsRejected()
    {
        var graph = new OnnxGraphBuilder("strings");
        graph.Node("Cast", [graph.Input("text", DataType.String, "batch", 16)], "scores", ("to", (long)DataType.Float));
        graph.Output("scores", DataType.Float, "batch", 16);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());

        Assert.Contains(
            "input 'text' holds string; a tensor of float, float16, double, uint8, int8, int32 or int64 is needed",
            folder.Rejection(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_StringsOut_IsRejected()
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        graph.Node("Cast", ["scores"], "names", ("to", (long)DataType.String));
        graph.Output("names", DataType.String, "batch", 3);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());

        Assert.Contains("output 'names' holds string", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OutputOfFiveAxes_IsRejected()
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        graph.Node("Reshape", ["scores", graph.Initializer<long>("five", [-1, 3, 1, 1, 1], 5)], "volume");
        graph.Output("volume", DataType.Float, "batch", 3, 1, 1, 1);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());

        Assert.Contains("[1, 3, 1, 1, 1]", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_HalfOfAFile_IsRejected()
    {
        var onnx = ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);
        using var folder = new ModelFolder().With("a/1", onnx.AsSpan(0, onnx.Length / 2)).With("b/1", onnx);
        using var repository = folder.Load();

        Assert.Contains("cannot load it", Assert.Single(repository.Current.Failures).Reason, StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(repository.Current.Models).Name);
    }

    public static TheoryData<string, byte[], string?> Batches => new()
    {
        { "open batch", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), null },
        { "bytes", SmallModels.OfBytes(), null },
        { "halves", SmallModels.OfHalves(), null },
        { "fixed at one", ModelFolder.PickFirst(3, 16, 1, 1, 4, 4), "fixes its batch at 1" },
        { "no batch", SmallModels.WithoutBatch(16), "no batch axis" },
        { "mixing", SmallModels.Mixing(), "mixes the images" },
        { "one row for all", SmallModels.Flattening(), "[1, 6] for two images" },
        { "batch in the shape only", SmallModels.WithoutBatch("batch", 1, 4, 4), "cannot run two images at once" },
    };

    [Theory]
    [MemberData(nameof(Batches))]
    public void Load_Graph_DetectsWhetherImagesCanShareARun(string what, byte[] onnx, string? obstacle)
    {
        using var folder = new ModelFolder().With("a/1", onnx, SmallModels.IsImage);
        using var repository = folder.Load();
        Assert.True(
            repository.Current.Failures.Count == 0,
            $"{what}: {string.Join(" ", repository.Current.Failures.Select(failure => failure.Reason))}");
        var model = repository.Current.Find("a", null);

        Assert.Equal(obstacle is null ? new ModelSettings().MaxBatchSize : 1, model.MaxBatchSize);
        if (obstacle is null)
        {
            Assert.Null(model.BatchingRefusal);
        }
        else
        {
            Assert.Contains(obstacle, model.BatchingRefusal!, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true, null, 1)]
    [InlineData(false, null, 4)]
    [InlineData(false, 3, 0)]
    public void Load_RunsAtOnce_AreAsManyAsCoresOrFourTimesAsManyWhereNoneIsShared(
        bool canBatch, int? configured, int timesCores)
    {
        using var folder = new ModelFolder().With(
            "a/1",
            canBatch ? ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4) : ModelFolder.PickFirst(3, 16, 1, 1, 4, 4));
        using var repository = new ModelRepository(
            new RepositorySettings
            {
                Folder = folder.Path,
                Model = new ModelSettings { Onnx = new OnnxSettings { ConcurrentRuns = configured } },
            });
        repository.LoadAll();

        var expected = configured ?? timesCores * Environment.ProcessorCount;
        Assert.Equal(expected, repository.Current.Models[0].Queue.FreeSlots);
    }

    [Fact]
    public void Load_BatchOfOneInTheSettings_SwitchesJoiningOff()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
        using var repository = new ModelRepository(
            new RepositorySettings { Folder = folder.Path, Model = new ModelSettings { MaxBatchSize = 1 } });
        repository.LoadAll();

        Assert.Equal(1, repository.Current.Models[0].MaxBatchSize);
        Assert.Contains("switched off", repository.Current.Models[0].BatchingRefusal!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("probabilities", "in 0…1")]
    [InlineData("log-probabilities", "at most 0")]
    public void Load_KindThatTheScoresBelie_IsRejected(string kind, string mention)
    {
        var graph = SmallModels.Start("batch", 1, 4, 4);
        graph.Node("Mul", ["scores", graph.Initializer("ten", [10f], 1)], "tenfold");
        graph.Output("tenfold", DataType.Float, "batch", SmallModels.Classes);
        using var folder = new ModelFolder().With(
            "a/1", graph.ToByteArray(), $$"""{"output": {"kind": "{{kind}}" } }""");

        var rejection = folder.Rejection();

        Assert.Contains(mention, rejection, StringComparison.Ordinal);
        Assert.Contains("output.kind", rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileWithoutBytes_IsRejectedUnread()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
        File.WriteAllBytes(Path.Combine(folder.Path, "a", "1", "model.onnx"), []);

        Assert.Contains("model.onnx is empty", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ModelThatNeverEnds_TimesOutAndTheOthersServe()
    {
        using var folder = new ModelFolder().With("a/1", SmallModels.Endless()).With(
            "b/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
        using var repository = new ModelRepository(
            new RepositorySettings { Folder = folder.Path, LoadTime = TimeSpan.FromSeconds(0.5) });

        repository.LoadAll();

        Assert.Equal("b", Assert.Single(repository.Current.Models).Name);
        Assert.Contains("within 0.5 s", Assert.Single(repository.Current.Failures).Reason, StringComparison.Ordinal);
    }

    private static double[] Softmax(double[] logits, double temperature)
    {
        var exponentials = logits.Select(logit => Math.Exp(logit / temperature)).ToArray();
        return [.. exponentials.Select(one => one / exponentials.Sum())];
    }

    private static void AssertProbabilities(double[] expected, Classification actual, double tolerance)
    {
        foreach (var prediction in actual.Predictions)
        {
            Assert.Equal(expected[prediction.Index], prediction.Probability, tolerance);
        }
    }
}

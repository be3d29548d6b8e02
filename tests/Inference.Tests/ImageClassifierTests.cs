using Google.Protobuf;
using Onnx;
using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests;

public sealed class ImageClassifierTests
{
    // The first row's brightness, times 1/64, is the logits: 0.5, 3, 1.
    private const string Manifest = """{"input": {"scale": 0.015625}, "labels": ["low", "high", "middle"]""";

    private static readonly byte[] Image = EncodedImages.Encode(4, 4, (x, y) => y > 0 ? SKColors.Black : x switch
    {
        0 => new SKColor(32, 32, 32),
        1 => new SKColor(192, 192, 192),
        2 => new SKColor(64, 64, 64),
        _ => SKColors.Black,
    });

    [Fact]
    public void Classify_KnownModel_RanksItsLogits()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), Manifest + "}");
        using var repository = folder.Load();

        var answer = ImageClassifier.Classify(repository.Current.Find("a", null), Image, new ClassificationOptions());

        var sum = Math.Exp(0.5) + Math.Exp(3) + Math.Exp(1);
        Assert.Equal([("high", 1, 3f), ("middle", 2, 1f), ("low", 0, 0.5f)], answer.Predictions.Select(one => (one.Label, one.Index, one.Logit)));
        Assert.Equal(Math.Exp(3) / sum, answer.Predictions[0].Probability, 1e-6);
        Assert.Equal(-Math.Log(sum), answer.Uncertainty.Energy, 1e-5);
        Assert.False(answer.Abstained);
    }

    [Theory]
    [InlineData("Softmax", "probabilities")]
    [InlineData("LogSoftmax", "log-probabilities")]
    public void Classify_ModelThatEndsInSoftmax_AnswersAsItsLogitsWould(string ending, string kind)
    {
        using var folder = new ModelFolder()
            .With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), Manifest + "}")
            .With("b/1", EndingIn(ending), Manifest + ", \"output\": {\"kind\": \"" + kind + "\"}}");
        using var repository = folder.Load();

        foreach (var temperature in new[] { 0.25f, 1f, 4f })
        {
            var options = new ClassificationOptions { Temperature = temperature };
            var expected = ImageClassifier.Classify(repository.Current.Find("a", null), Image, options);
            var actual = ImageClassifier.Classify(repository.Current.Find("b", null), Image, options);

            Assert.Equal(expected.Predictions.Select(one => one.Probability), actual.Predictions.Select(one => one.Probability), (left, right) => Math.Abs(left - right) < 1e-6f);
        }
    }

    [Theory]
    [InlineData(null, null, 1f, TemperatureSource.Default)]
    [InlineData(2f, null, 2f, TemperatureSource.Request)]
    [InlineData(null, 1.5, 1.5f, TemperatureSource.Calibrated)]
    [InlineData(2f, 1.5, 2f, TemperatureSource.Request)]
    public void TemperatureFor_RequestThenCalibrationThenOne(float? requested, double? calibrated, float value, TemperatureSource source)
    {
        var calibration = calibrated is { } temperature ? FormattableString.Invariant($", \"calibration\": {{\"temperature\": {temperature}}}}}") : "}";
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), Manifest + calibration);
        using var repository = folder.Load();

        var applied = ImageClassifier.TemperatureFor(repository.Current.Find("a", null), new ClassificationOptions { Temperature = requested });

        Assert.Equal(new AppliedTemperature(value, source), applied);
    }

    [Fact]
    public void Classify_OutputThatIsNotFinite_IsRefused()
    {
        var graph = new OnnxGraphBuilder("logarithm");
        var flat = graph.Node("Reshape", [graph.Input("image", DataType.Float, "batch", 1, 4, 4), graph.Initializer<long>("shape", [-1, 16], 2)], "flat");
        graph.Node("Sqrt", [flat], "scores");
        graph.Output("scores", DataType.Float, "batch", 16);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray(), """{"input": {"mean": [0.5]}, "output": {"kind": "logits"}}""");
        using var repository = folder.Load();

        var fault = Assert.Throws<InferenceException>(() => ImageClassifier.Classify(repository.Current.Find("a", null), Image, new ClassificationOptions()));

        Assert.Equal(InferenceError.ModelOutputNotFinite, fault.Error);
    }

    [Fact]
    public void Classify_ProbabilityRoundedToZero_IsNotImpossible()
    {
        using var folder = new ModelFolder().With("a/1", EndingIn("Softmax"), """{"input": {"scale": 1000}, "output": {"kind": "probabilities"}}""");
        using var repository = folder.Load();

        var answer = ImageClassifier.Classify(repository.Current.Find("a", null), Image, new ClassificationOptions { Temperature = 3 });

        Assert.Equal((1f, 0f), (answer.Predictions[0].Probability, answer.Predictions[0].Logit));
        Assert.InRange(answer.Predictions[1].Logit, -106, -103);
        Assert.Equal(Math.Exp(answer.Predictions[1].Logit / 3), answer.Predictions[1].Probability, 1e-20);
    }

    [Fact]
    public void Classify_ImageThatCannotBeRead_LeavesTheModelUsable()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), Manifest + "}");
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        for (var i = 0; i < 100; i++)
        {
            Assert.Throws<InferenceException>(() => ImageClassifier.Classify(model, "nothing"u8, new ClassificationOptions()));
        }

        Assert.Equal("high", ImageClassifier.Classify(model, Image, new ClassificationOptions()).Predictions[0].Label);
    }

    [Fact]
    public void Classify_TopKBelowOne_IsRefused()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), Manifest + "}");
        using var repository = folder.Load();

        Assert.Throws<ArgumentOutOfRangeException>(() => ImageClassifier.Classify(repository.Current.Find("a", null), Image, new ClassificationOptions { TopK = 0 }));
    }

    private static byte[] EndingIn(string operation)
    {
        var model = ModelProto.Parser.ParseFrom(ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
        model.Graph.Node.Add(new NodeProto { OpType = operation, Input = { "scores" }, Output = { "ended" } });
        model.Graph.Output[0].Name = "ended";
        return model.ToByteArray();
    }
}

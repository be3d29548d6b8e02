using Google.Protobuf;
using Onnx;
using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests;

public sealed class ImageClassifierTests
{
    // The logits are the first row's brightness divided by 64: 0.5, 3, 1.
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
        using var folder = new ModelFolder().With("a/1", Three, Manifest + "}");
        using var repository = folder.Load();

        var answer = Classify(repository);

        var sum = Math.Exp(0.5) + Math.Exp(3) + Math.Exp(1);
        Assert.Equal(
            [("high", 1, 3f), ("middle", 2, 1f), ("low", 0, 0.5f)],
            answer.Predictions.Select(one => (one.Label, one.Index, one.Logit)));
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
            .With("a/1", Three, Manifest + "}")
            .With("b/1", EndingIn(ending), Manifest + ", \"output\": {\"kind\": \"" + kind + "\"}}");
        using var repository = folder.Load();

        foreach (var temperature in new[] { 0.25f, 1f, 4f })
        {
            var options = new ClassificationOptions { Temperature = temperature };
            var expected = ImageClassifier.Classify(repository.Current.Find("a", null), Image, options);
            var actual = ImageClassifier.Classify(repository.Current.Find("b", null), Image, options);

            Assert.Equal(
                expected.Predictions.Select(one => one.Probability),
                actual.Predictions.Select(one => one.Probability),
                (left, right) => Math.Abs(left - right) < 1e-6f);
        }
    }

    [Fact]
    public void Classify_OutputThatIsNotFinite_IsRejected()
    {
        var graph = new OnnxGraphBuilder("logarithm");
        var input = graph.Input("image", DataType.Float, "batch", 1, 4, 4);
        var flat = graph.Node("Reshape", [input, graph.Initializer<long>("shape", [-1, 16], 2)], "flat");
        graph.Node("Sqrt", [flat], "scores");
        graph.Output("scores", DataType.Float, "batch", 16);
        const string Manifest = """{"input": {"mean": [0.5]}, "output": {"kind": "logits"}}""";
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray(), Manifest);
        using var repository = folder.Load();

        var fault = Assert.Throws<InferenceException>(() => Classify(repository));

        Assert.Equal(InferenceError.ModelOutputNotFinite, fault.Error);
    }

    [Fact]
    public void Classify_ProbabilityRoundedToZero_IsNotImpossible()
    {
        const string Manifest = """{"input": {"scale": 1000}, "output": {"kind": "probabilities"}}""";
        using var folder = new ModelFolder().With("a/1", EndingIn("Softmax"), Manifest);
        using var repository = folder.Load();

        var options = new ClassificationOptions { Temperature = 3 };
        var answer = ImageClassifier.Classify(repository.Current.Find("a", null), Image, options);

        Assert.Equal((1f, 0f), (answer.Predictions[0].Probability, answer.Predictions[0].Logit));
        Assert.InRange(answer.Predictions[1].Logit, -106, -103);
        Assert.Equal(Math.Exp(answer.Predictions[1].Logit / 3), answer.Predictions[1].Probability, 1e-20);
    }

    [Fact]
    public void Classify_ImageThatCannotBeRead_LeavesTheModelUsable()
    {
        using var folder = new ModelFolder().With("a/1", Three, Manifest + "}");
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        for (var i = 0; i < 100; i++)
        {
            Assert.Throws<InferenceException>(() =>
                ImageClassifier.Classify(model, "nothing"u8, new ClassificationOptions()));
        }

        Assert.Equal("high", Classify(repository).Predictions[0].Label);
    }

    [Fact]
    public void Classify_TopKBelowOne_IsRejected()
    {
        using var folder = new ModelFolder().With("a/1", Three, Manifest + "}");
        using var repository = folder.Load();

        Assert.Throws<ArgumentOutOfRangeException>(() => ImageClassifier.Classify(
            repository.Current.Find("a", null), Image, new ClassificationOptions { TopK = 0 }));
    }

    private static byte[] Three => ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);

    private static Classification Classify(ModelRepository repository) =>
        ImageClassifier.Classify(repository.Current.Find("a", null), Image, new ClassificationOptions());

    private static byte[] EndingIn(string operation)
    {
        var model = ModelProto.Parser.ParseFrom(Three);
        model.Graph.Node.Add(new NodeProto { OpType = operation, Input = { "scores" }, Output = { "ended" } });
        model.Graph.Output[0].Name = "ended";
        return model.ToByteArray();
    }
}

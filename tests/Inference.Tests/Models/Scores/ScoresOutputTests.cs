using Google.Protobuf;
using Onnx;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models.Scores;

/// <summary>
/// Which of several outputs holds the scores: their values and the labels take precedence over their names.
/// </summary>
public sealed class ScoresOutputTests
{
    private const string FourLabels = """{"labels": ["red", "green", "blue", "other"]}""";

    [Theory]
    [InlineData("output", "dense")]
    [InlineData("logits", "dense")]
    [InlineData("output_0", "output_1")]
    public void Load_EmbeddingBesideProbabilities_TakesTheProbabilities(string embedding, string scores)
    {
        var onnx = WithEmbedding(embedding, scores, graph => graph.Node("Softmax", ["z"], scores, ("axis", -1L)));

        Assert.Equal((scores, 4), ColorModels.Ask(onnx, null, model => (model.GraphOutput.Name, model.ClassCount)));
        Assert.Contains(
            "sum to 1", ColorModels.Ask(onnx, null, model => model.ScoresOutput.Reason), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("output", "dense")]
    [InlineData("logits", "head")]
    public void Load_EmbeddingBesideAsManyScoresAsLabels_TakesTheScores(string embedding, string scores)
    {
        var onnx = WithEmbedding(embedding, scores, graph => graph.Node("Identity", ["z"], scores));

        Assert.Equal(scores, ColorModels.Ask(onnx, FourLabels, model => model.GraphOutput.Name));
        Assert.Contains(
            "as there are labels", ColorModels.Ask(onnx, FourLabels, model => model.ScoresOutput.Reason),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OutputDeclaredTwice_IsServedAndShownOnce()
    {
        var model = ModelProto.Parser.ParseFrom(
            ColorModels.Ending(graph => graph.Node("Softmax", ["z"], "scores", ("axis", -1L)), gain: 1f));
        model.Graph.Output.Add(model.Graph.Output[0].Clone());
        var onnx = model.ToByteArray();

        Assert.Equal(Math.E / (Math.E + 3), ColorModels.ProbabilityOfRed(onnx), 1e-6);
        Assert.Equal(
            ["scores"],
            ColorModels.Ask(onnx, null, loaded => loaded.GraphOutputs.Select(output => output.Name).ToArray()));
    }

    [Fact]
    public void Load_LogitsBesideTheirProbabilities_TakesTheLogits()
    {
        var onnx = ColorModels.Ending(graph =>
        {
            graph.Node("Softmax", ["z"], "scores", ("axis", -1L));
            graph.Node("Identity", ["z"], "logits");
            graph.Output("logits", DataType.Float, "batch", 4);
        });

        Assert.Equal("logits", ColorModels.Ask(onnx, null, model => model.GraphOutput.Name));
    }

    [Fact]
    public void Load_LogitsBesideTheirProbabilitiesWithoutTellingNames_TakesTheProbabilities()
    {
        var graph = ColorModels.Start(4);
        graph.Node("Softmax", ["z"], "second", ("axis", -1L));
        graph.Output("z", DataType.Float, "batch", 4);
        graph.Output("second", DataType.Float, "batch", 4);

        Assert.Equal("second", ColorModels.Ask(graph.ToByteArray(), null, model => model.GraphOutput.Name));
    }

    [Fact]
    public void Classify_OutputDeclaredTwice_Answers()
    {
        var graph = ColorModels.Start(4);
        graph.Output("z", DataType.Float, "batch", 4);
        graph.Output("z", DataType.Float, "batch", 4);

        Assert.Equal(1, ColorModels.ProbabilityOfRed(graph.ToByteArray()), 1e-6f);
        Assert.Equal(
            ["z"],
            ColorModels.Ask(
                graph.ToByteArray(), null, model => model.GraphOutputs.Select(output => output.Name).ToArray()));
    }

    /// <summary>An embedding of 64 numbers beside the scores of four classes.</summary>
    private static byte[] WithEmbedding(string embedding, string scores, Action<OnnxGraphBuilder> ending)
    {
        var graph = ColorModels.Start(4);
        var weights = Enumerable.Range(0, 4 * 64).Select(i => MathF.Sin(i)).ToArray();
        graph.Node("MatMul", ["z", graph.Initializer("embed", weights, 4, 64)], embedding);
        ending(graph);
        graph.Output(embedding, DataType.Float, "batch", 64);
        graph.Output(scores, DataType.Float, "batch", 4);
        return graph.ToByteArray();
    }
}

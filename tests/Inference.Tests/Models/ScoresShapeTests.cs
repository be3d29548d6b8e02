using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Rows of scores with axes that hold nothing else, or without a batch axis.</summary>
public sealed class ScoresShapeTests
{
    public static TheoryData<long[], int> Shapes => new()
    {
        { [-1, 4, 1, 1], 8 },
        { [-1, 1, 1, 4], 8 },
        { [-1, 1, 4], 8 },
        { [-1, 4, 1], 8 },
        { [1, 1, 4], 1 },
        { [4], 1 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Classify_RowWithFurtherAxes_Answers(long[] shape, int batch)
    {
        var graph = ColorModels.Start(4, gain: 1f);
        graph.Node("Reshape", ["z", graph.Initializer("shape", shape, shape.Length)], "scores");
        OnnxDimension[] declared = [.. shape.Select(size => size < 0 ? (OnnxDimension)"batch" : size)];
        graph.Output("scores", DataType.Float, declared);
        var onnx = graph.ToByteArray();

        Assert.Equal(Math.E / (Math.E + 3), ColorModels.ProbabilityOfRed(onnx), 1e-6);
        Assert.Equal(
            (4, batch), ColorModels.Ask(onnx, null, model => (model.ClassCount, model.MaxBatchSize)));
    }

    [Fact]
    public void Load_MillionsOfClasses_IsRejected()
    {
        var graph = ColorModels.Start(4);
        graph.Node("Expand", [
            graph.Node("ReduceMax", ["z"], "most", ("axes", new long[] { 1 }), ("keepdims", 1L)),
            graph.Initializer<long>("shape", [1, 2_000_000], 2),
        ], "scores");
        graph.Output("scores", DataType.Float, "batch", 2_000_000);

        Assert.Contains(
            "[1, 2000000] for one image; a classifier gives one row of 2 to 1048576 class scores",
            ColorModels.Rejection(graph.ToByteArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new long[] { -1, 1 }, "[1, 1]")]
    [InlineData(new long[] { -1 }, "[1]")]
    public void Load_OneScore_IsRejectedWithAWayOut(long[] shape, string measured)
    {
        var graph = ColorModels.Start(3);
        graph.Node("ReduceMax", ["z"], "most", ("axes", new long[] { 1 }), ("keepdims", 0L));
        graph.Node("Sigmoid", ["most"], "p");
        graph.Node("Reshape", ["p", graph.Initializer("shape", shape, shape.Length)], "scores");
        OnnxDimension[] declared = [.. shape.Select(size => size < 0 ? (OnnxDimension)"batch" : size)];
        graph.Output("scores", DataType.Float, declared);

        Assert.Contains(
            $"output 'scores' has the shape {measured} for one image: a binary classifier with one score. One with two "
            + "scores is served: export it with a softmax over 2 classes, or append the logits [0, x] of the one logit "
            + "x (with a sigmoid at the end, the probabilities [1 - p, p])",
            ColorModels.Rejection(graph.ToByteArray()), StringComparison.Ordinal);
    }
}

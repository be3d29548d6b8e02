using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>
/// Graphs over a row of four pixels with three classes: class k's score is pixel k, so every answer is known.
/// </summary>
internal static class FourPixelModels
{
    public const int Pixels = 4;
    public const int Classes = 3;

    /// <summary>A flat input with an open batch and the output <c>scores</c>.</summary>
    public static byte[] Plain() => Build((_, _) => { });

    /// <summary>
    /// The scores, their softmax under our name, and two outputs that are not scores: a 16-bit copy and the winner's
    /// index.
    /// </summary>
    public static byte[] ManyOutputs() =>
        Build(
            (graph, scores) =>
            {
                graph.Output(graph.Node("Neg", [scores], "probabilities"), DataType.Float, "batch", Classes);
                graph.Output(
                    graph.Node("Cast", [scores], "halves", ("to", (long)DataType.Float16)),
                    DataType.Float16,
                    "batch",
                    Classes);
                graph.Output(
                    graph.Node("ArgMax", [scores], "winner", ("axis", 1L), ("keepdims", 0L)),
                    DataType.Int64,
                    "batch");
                graph.Output(
                    graph.Node("Greater", [scores, graph.Initializer<float>("zero", [0f])], "positive"),
                    DataType.Bool,
                    "batch",
                    Classes);
                graph.Output(
                    graph.Node("Identity", [graph.Node("Log", [scores], "logarithms")], "logs"),
                    DataType.Float,
                    "batch",
                    Classes);
            },
            scoresName: "logits");

    /// <summary>A manifest that declares four numbers to be an image.</summary>
    public static ReadOnlySpan<byte> IsImage => """{"input": {"height": 2, "width": 2}}"""u8;

    /// <summary>A graph that ends in a softmax; the manifest must say so.</summary>
    public static byte[] EndsInSoftmax()
    {
        var graph = new OnnxGraphBuilder("softmax-at-the-end");
        var input = graph.Input("pixels", DataType.Float, "batch", Pixels);
        graph.Node("Softmax", [graph.Node("MatMul", [input, Weights(graph)], "raw")], "softmaxed", ("axis", 1L));
        graph.Output("softmaxed", DataType.Float, "batch", Classes);
        return graph.ToByteArray();
    }

    /// <summary>A graph with one axis and therefore no batch.</summary>
    public static byte[] WithoutBatch()
    {
        var graph = new OnnxGraphBuilder("without-batch");
        var input = graph.Input("pixels", DataType.Float, Pixels);
        graph.Node("MatMul", [input, Weights(graph)], "scores");
        graph.Output("scores", DataType.Float, Classes);
        return graph.ToByteArray();
    }

    private static byte[] Build(Action<OnnxGraphBuilder, string> more, string scoresName = "scores")
    {
        var graph = new OnnxGraphBuilder("small");
        var input = graph.Input("pixels", DataType.Float, "batch", Pixels);
        graph.Node("MatMul", [input, Weights(graph)], scoresName);
        graph.Output(scoresName, DataType.Float, "batch", Classes);
        more(graph, scoresName);
        return graph.ToByteArray();
    }

    private static string Weights(OnnxGraphBuilder graph) =>
        graph.Initializer<float>("weights", [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], Pixels, Classes);
}

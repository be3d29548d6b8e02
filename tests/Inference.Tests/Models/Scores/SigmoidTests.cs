using Google.Protobuf;
using Onnx;
using SoftmaxService.OnnxSchema;

namespace SoftmaxService.Inference.Tests.Models.Scores;

/// <summary>Graphs that end in a sigmoid, openly or not: their classes do not exclude one another.</summary>
public sealed class SigmoidTests
{
    [Fact]
    public void Load_Sigmoids_AreRejectedByName()
    {
        var onnx = Sigmoids();

        Assert.Contains("ends in Sigmoid", ColorModels.Rejection(onnx), StringComparison.Ordinal);
        var rejection = ColorModels.Rejection(onnx, Stated.Probabilities);
        Assert.Contains("output.kind", rejection, StringComparison.Ordinal);
        Assert.Contains("sum to", rejection, StringComparison.Ordinal);
        Assert.Contains("Sigmoid", rejection, StringComparison.Ordinal);
        Assert.Contains(
            "sum to", ColorModels.Rejection(LogSigmoids(), Stated.LogProbabilities), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SigmoidsInBytes_AreRejectedByName()
    {
        var onnx = ColorModels.Ending(
            graph => ColorModels.Quantize(graph, graph.Node("Sigmoid", ["z"], "p"), 1f / 256, (byte)0), classes: 1000);

        Assert.Contains("ends in Sigmoid", ColorModels.Rejection(onnx), StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[]> Disguises => new()
    {
        { "a hair off", Disguised(graph => graph.Node("Sub", ["s", graph.Initializer("hair", [1e-6f])], "scores")) },
        { "times one", Disguised(graph => graph.Node("Mul", ["s", graph.Initializer("one", [1f])], "scores")) },
        { "at least zero", Disguised(graph => graph.Node("Max", ["s", graph.Initializer("least", [0f])], "scores")) },
        { "largest of several", Disguised(graph => graph.Node("Max", ["s", "s"], "scores")) },
        { "by its formula", ColorModels.Ending(
            graph =>
            {
                graph.Initializer("one", [1f]);
                graph.Node("Add", [graph.Node("Exp", [graph.Node("Neg", ["z"], "n")], "e"), "one"], "d");
                graph.Node("Div", ["one", "d"], "scores");
            },
            gain: 2) },
        { "by a tangent", ColorModels.Ending(
            graph =>
            {
                graph.Initializer("one", [1f]);
                graph.Initializer("half", [0.5f]);
                graph.Node("Mul", [graph.Node("Add", [graph.Node("Tanh", ["z"], "t"), "one"], "d"), "half"], "scores");
            },
            gain: 2) },
    };

    [Theory]
    [MemberData(nameof(Disguises))]
    public void Load_SigmoidInDisguise_IsRejected(string what, byte[] onnx)
    {
        Assert.NotEmpty(what);
        Assert.Contains("a probability of its own", ColorModels.Rejection(onnx), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aten_sigmoid")]
    [InlineData("head")]
    public void Load_SigmoidInAFunction_IsRejectedByName(string name)
    {
        var model = ModelProto.Parser.ParseFrom(
            ColorModels.Ending(graph => graph.Node(name, ["z"], "scores"), gain: 1));
        model.Graph.Node[^1].Domain = "functions";
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "functions", Version = 1 });
        var function = new FunctionProto { Name = name, Domain = "functions", Input = { "x" }, Output = { "y" } };
        function.Node.Add(new NodeProto { OpType = "Sigmoid", Input = { "x" }, Output = { "y" } });
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.Functions.Add(function);

        Assert.Contains("ends in Sigmoid", ColorModels.Rejection(model.ToByteArray()), StringComparison.Ordinal);
    }

    private static byte[] Sigmoids() => ColorModels.Ending(
        graph =>
        {
            graph.Initializer("bias", [-6f]);
            graph.Node("Sigmoid", [graph.Node("Add", ["z", "bias"], "shifted")], "scores");
        });

    private static byte[] LogSigmoids() => ColorModels.Ending(
        graph => graph.Node("Log", [graph.Node("Sigmoid", ["z"], "p")], "scores"), gain: 1);

    private static byte[] Disguised(Action<OnnxGraphBuilder> ending) => ColorModels.Ending(
        graph =>
        {
            graph.Node("Sigmoid", ["z"], "s");
            ending(graph);
        },
        gain: 2);
}

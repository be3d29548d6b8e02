using Google.Protobuf;
using Onnx;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Models.Scores;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Graphs whose answer to an image depends on other images or on random numbers.</summary>
public sealed class TrainingModeTests
{
    private const int Classes = 4;

    [Fact]
    public void Load_BatchNormalizationInTraining_IsRejected()
    {
        var rejection = ColorModels.Rejection(WithBatchNormalization(training: 1));

        Assert.Contains("training mode", rejection, StringComparison.Ordinal);
        Assert.Contains("BatchNormalization 'scores'", rejection, StringComparison.Ordinal);
        Assert.Contains("Export it in evaluation mode", rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Classify_BatchNormalizationInEvaluation_Answers() =>
        Assert.Equal(1, ColorModels.ProbabilityOfRed(WithBatchNormalization(training: 0)), 1e-4f);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_DropoutInTraining_IsRejected(bool isConstantNode)
    {
        var rejection = ColorModels.Rejection(WithDropout(training: true, isConstantNode));

        Assert.Contains("Dropout 'scores'", rejection, StringComparison.Ordinal);
        Assert.Contains("Export it in evaluation mode", rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Classify_DropoutInEvaluation_Answers() =>
        Assert.Equal(1, ColorModels.ProbabilityOfRed(WithDropout(training: false, isConstantNode: false)), 1e-6f);

    [Fact]
    public void Classify_DropoutThatTheScoresDoNotDependOn_Answers()
    {
        var onnx = ColorModels.Ending(graph =>
        {
            AddDropout(graph, "z", "dropped", training: true, isConstantNode: false);
            graph.Node("Identity", ["z"], "scores");
        });

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 1e-6f);
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(1e-3f)]
    public void Load_RandomNumbers_AreRejected(float size)
    {
        var onnx = ColorModels.Ending(graph =>
            graph.Node("Add", ["z", graph.Node("RandomUniformLike", ["z"], "noise", ("high", size))], "scores"));

        Assert.Contains(
            "random numbers: its node RandomUniformLike", ColorModels.Rejection(onnx), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_DropoutInABranch_IsRejected()
    {
        var model = ColorModels.Start(Classes).ToModel();
        model.Graph.Initializer.Add(new TensorProto { Name = "yes", DataType = (int)DataType.Bool, Int32Data = { 1 } });
        model.Graph.Initializer.Add(
            new TensorProto { Name = "ratio", DataType = (int)DataType.Float, FloatData = { 0.5f } });
        model.Graph.Node.Add(
            new NodeProto
            {
                OpType = "If",
                Input = { "yes" },
                Output = { "scores" },
                Attribute = { Branch("then_branch"), Branch("else_branch") },
            });
        model.Graph.Output.Add(
            new ValueInfoProto
            {
                Name = "scores",
                Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } },
            });

        Assert.Contains(
            "its node Dropout 'dropped'", ColorModels.Rejection(model.ToByteArray()), StringComparison.Ordinal);

        static AttributeProto Branch(string name)
        {
            var graph = new GraphProto { Name = name };
            graph.Node.Add(
                new NodeProto { OpType = "Dropout", Input = { "z", "ratio", "yes" }, Output = { "dropped" } });
            graph.Output.Add(
                new ValueInfoProto
                {
                    Name = "dropped",
                    Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } },
                });
            return new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Graph, G = graph };
        }
    }

    [Fact]
    public void Load_RandomNumbersInAFunction_AreRejected()
    {
        var model = ModelProto.Parser.ParseFrom(ColorModels.Ending(graph => graph.Node("noisy", ["z"], "scores")));
        model.Graph.Node[^1].Domain = "functions";
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "functions", Version = 1 });
        var function = new FunctionProto { Name = "noisy", Domain = "functions", Input = { "x" }, Output = { "y" } };
        function.Node.Add(new NodeProto { OpType = "RandomNormalLike", Input = { "x" }, Output = { "noise" } });
        function.Node.Add(new NodeProto { OpType = "Add", Input = { "x", "noise" }, Output = { "y" } });
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.Functions.Add(function);

        Assert.Contains(
            "its node RandomNormalLike 'noise'", ColorModels.Rejection(model.ToByteArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AnswerThatDependsOnChanceUnseen_IsRejectedByWhatItGives()
    {
        // The training flag is computed, so the file does not contain it.
        var onnx = ColorModels.Ending(graph =>
        {
            graph.Initializer("ratio", [0.5f]);
            graph.Node("Equal", ["ratio", "ratio"], "training");
            graph.Node("Dropout", ["z", "ratio", "training"], "scores");
        });

        Assert.Contains(
            "gives other scores when the same image is run again",
            ColorModels.Rejection(onnx),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Reject_FunctionsInALongChain_Ends()
    {
        const int Length = 100_000;
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Node.Add(new NodeProto { OpType = "f0", Domain = "f", Input = { "x" }, Output = { "y" } });
        for (var i = 0; i < Length; i++)
        {
            var function = new FunctionProto { Name = $"f{i}", Domain = "f", Input = { "x" }, Output = { "y" } };
            function.Node.Add(new NodeProto { OpType = $"f{i + 1}", Domain = "f", Input = { "x" }, Output = { "y" } });
            model.Functions.Add(function);
        }

        var graph = GraphOutlineReader.Read(new MemoryStream(model.ToByteArray()));

        TrainingMode.Reject(graph, "y");
        Assert.Equal(GraphEndingKind.Other, GraphEnding.Of(graph, "y").Kind);
    }

    private static byte[] WithBatchNormalization(long training)
    {
        var graph = ColorModels.Start(Classes);
        graph.Initializer("scale", [1f, 1f, 1f, 1f], Classes);
        graph.Initializer("shift", [0f, 0f, 0f, 0f], Classes);
        graph.Initializer("mean", [0f, 0f, 0f, 0f], Classes);
        graph.Initializer("variance", [1f, 1f, 1f, 1f], Classes);
        string[] outputs = training == 1 ? ["scores", "next_mean", "next_variance"] : ["scores"];
        graph.Node(
            "BatchNormalization", ["z", "scale", "shift", "mean", "variance"], outputs, ("training_mode", training));
        graph.Output("scores", DataType.Float, "batch", Classes);
        return graph.ToByteArray();
    }

    private static byte[] WithDropout(bool training, bool isConstantNode) =>
        ColorModels.Ending(graph => AddDropout(graph, "z", "scores", training, isConstantNode));

    private static void AddDropout(OnnxGraphBuilder graph, string from, string to, bool training, bool isConstantNode)
    {
        graph.Initializer("ratio", [0.5f]);
        if (isConstantNode)
        {
            var value = new TensorProto
            {
                DataType = (int)DataType.Bool,
                RawData = ByteString.CopyFrom(training ? (byte)1 : (byte)0),
            };
            graph.Node("Constant", [], "training", ("value", value));
        }
        else
        {
            graph.Initializer("training", [training]);
        }

        graph.Node("Dropout", [from, "ratio", "training"], to);
    }
}

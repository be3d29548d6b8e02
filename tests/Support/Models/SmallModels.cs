using Google.Protobuf;
using Onnx;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Tests.Support.Models;

/// <summary>
/// Small graphs of every kind that users serve. By default, class k's logit is the input's element k.
/// </summary>
public static class SmallModels
{
    public const int Classes = 3;
    public const int Pixels = 16;

    /// <summary>A manifest for models whose input shape could also be a vector of features.</summary>
    public const string IsImage = """{"input": {"height": 4, "width": 4}}""";

    /// <summary>A graph over 4 × 4 grey pixels; the caller adds the nodes after the logits.</summary>
    public static OnnxGraphBuilder Start(params ReadOnlySpan<OnnxDimension> inputShape)
    {
        var graph = new OnnxGraphBuilder("small");
        AddLogits(graph, graph.Input("image", DataType.Float, inputShape));
        return graph;
    }

    public static byte[] EndingIn(string operation, params ReadOnlySpan<OnnxDimension> inputShape)
    {
        var graph = Start(inputShape);
        graph.Node(operation, ["scores"], "ended", ("axis", -1L));
        graph.Output("ended", DataType.Float, "batch", Classes);
        return graph.ToByteArray();
    }

    /// <summary>A model without a batch axis: [16] or [1, 4, 4] in, [3] out.</summary>
    public static byte[] WithoutBatch(params ReadOnlySpan<OnnxDimension> inputShape)
    {
        var graph = Start(inputShape);
        graph.Node("Reshape", ["scores", graph.Initializer<long>("row", [Classes], 1)], "row_scores");
        graph.Output("row_scores", DataType.Float, Classes);
        return graph.ToByteArray();
    }

    public static byte[] OfBytes()
    {
        var graph = new OnnxGraphBuilder("bytes");
        AddLogits(
            graph,
            graph.Node(
                "Cast",
                [graph.Input("image", DataType.Uint8, "batch", 1, 4, 4)],
                "floats",
                ("to", (long)DataType.Float)));
        graph.Output("scores", DataType.Float, "batch", Classes);
        return graph.ToByteArray();
    }

    public static byte[] OfHalves()
    {
        var graph = new OnnxGraphBuilder("halves");
        AddLogits(
            graph,
            graph.Node(
                "Cast",
                [graph.Input("image", DataType.Float16, "batch", 1, 4, 4)],
                "floats",
                ("to", (long)DataType.Float)));
        graph.Node("Cast", ["scores"], "halves", ("to", (long)DataType.Float16));
        graph.Output("halves", DataType.Float16, "batch", Classes);
        return graph.ToByteArray();
    }

    /// <summary>Outputs the doubled logits under one name and the logits under another.</summary>
    public static byte[] WithOutputs(string doubled, string plain)
    {
        var graph = Start("batch", 1, 4, 4);
        graph.Node("Add", ["scores", "scores"], doubled);
        graph.Node("Identity", ["scores"], plain);
        graph.Output(doubled, DataType.Float, "batch", Classes);
        graph.Output(plain, DataType.Float, "batch", Classes);
        return graph.ToByteArray();
    }

    /// <summary>
    /// The outputs of exporters for classical learners: the class index, a feature map, a sequence, and one row of
    /// floats.
    /// </summary>
    public static byte[] WithOutputsOfManyKinds()
    {
        var graph = Start("batch", 1, 4, 4);
        graph.Node("ArgMax", ["scores"], "label", ("axis", -1L), ("keepdims", 0L));
        graph.Node("Relu", ["image"], "map");
        graph.Node("SequenceConstruct", ["scores"], "sequence");
        graph.Node("Identity", ["scores"], "dense_7");
        graph.Output("label", DataType.Int64, "batch");
        graph.Output("map", DataType.Float, "batch", 1, 4, 4);
        graph.Output("dense_7", DataType.Float, "batch", Classes);
        var model = graph.ToModel();
        var row = model.Graph.Output[2].Type;
        model.Graph.Output.Insert(
            1,
            new ValueInfoProto
            {
                Name = "sequence",
                Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = row.Clone() } },
            });
        return model.ToByteArray();
    }

    /// <summary>A graph in which the images of a batch affect one another.</summary>
    public static byte[] Mixing()
    {
        var graph = Start("batch", 1, 4, 4);
        graph.Node("ReduceMax", ["scores"], "largest", ("axes", new long[] { 0 }));
        graph.Node("Add", ["scores", "largest"], "mixed");
        graph.Output("mixed", DataType.Float, "batch", Classes);
        return graph.ToByteArray();
    }

    /// <summary>A graph that flattens all images into one row.</summary>
    public static byte[] Flattening()
    {
        var graph = Start("batch", 1, 4, 4);
        graph.Node("Reshape", ["scores", graph.Initializer<long>("one_row", [1, -1], 2)], "row");
        graph.Output("row", DataType.Float, 1, "all");
        return graph.ToByteArray();
    }

    /// <summary>A graph that negates its scores 2^62 times.</summary>
    public static byte[] Endless()
    {
        var graph = Start("batch", 1, 4, 4);
        graph.Initializer("trips", [1L << 62]);
        return Looping(graph).ToByteArray();
    }

    /// <summary>The graph, which then negates its scores <c>trips</c> times.</summary>
    public static ModelProto Looping(OnnxGraphBuilder graph)
    {
        var model = graph.ToModel();
        model.Graph.Initializer.Add(
            new TensorProto
            {
                Name = "on",
                DataType = (int)DataType.Bool,
                Int32Data = { 1 },
            });
        var body = new GraphProto { Name = "body" };
        body.Input.Add([Scalar("trip", DataType.Int64), Scalar("goes", DataType.Bool), Value("state", DataType.Float)]);
        body.Output.Add([Scalar("goes.on", DataType.Bool), Value("state.next", DataType.Float)]);
        body.Node.Add(
            new NodeProto
            {
                OpType = "Identity",
                Input = { "goes" },
                Output = { "goes.on" },
            });
        body.Node.Add(
            new NodeProto
            {
                OpType = "Neg",
                Input = { "state" },
                Output = { "state.next" },
            });
        model.Graph.Node.Add(
            new NodeProto
            {
                OpType = "Loop",
                Input = { "trips", "on", "scores" },
                Output = { "turned" },
                Attribute =
                {
                    new AttributeProto
                    {
                        Name = "body",
                        Type = AttributeProto.Types.AttributeType.Graph,
                        G = body,
                    },
                },
            });
        model.Graph.Output.Add(Value("turned", DataType.Float));
        return model;
    }

    /// <summary>
    /// A graph that fails if the first pixel is nearly white and the last one nearly black: it indexes a table of one
    /// entry with 1.
    /// </summary>
    public static byte[] Failing()
    {
        var graph = Start("batch", 1, 4, 4);
        graph.Node(
            "Slice",
            [
                "flat",
                graph.Initializer<long>("first", [0], 1),
                graph.Initializer<long>("second", [1], 1),
                graph.Initializer<long>("columns", [1], 1),
            ],
            "first_pixel");
        graph.Node(
            "Slice",
            ["flat", graph.Initializer<long>("last", [-1], 1), graph.Initializer<long>("end", [Pixels], 1), "columns"],
            "last_pixel");
        graph.Node("Sub", ["first_pixel", "last_pixel"], "difference");
        graph.Node("Greater", ["difference", graph.Initializer("limit", [0.995f])], "is_bad");
        graph.Node("Cast", ["is_bad"], "index", ("to", (long)DataType.Int64));
        graph.Node("Gather", [graph.Initializer("table", [0f], 1), "index"], "nothing");
        graph.Node("Add", ["scores", "nothing"], "checked");
        graph.Output("checked", DataType.Float, "batch", Classes);
        return graph.ToByteArray();
    }

    /// <summary>A model with external weights, and the file of the weights.</summary>
    public static (byte[] Onnx, byte[] Weights) WithExternalData(string fileName)
    {
        var graph = Start("batch", 1, 4, 4);
        graph.Output("scores", DataType.Float, "batch", Classes);
        var model = graph.ToModel();
        var weights = model.Graph.Initializer.Single(tensor => tensor.Name == "weights");
        var bytes = weights.RawData.ToByteArray();
        weights.ClearRawData();
        weights.DataLocation = TensorProto.Types.DataLocation.External;
        weights.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = fileName });
        weights.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = "0" });
        weights.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{bytes.Length}" });
        return (model.ToByteArray(), bytes);
    }

    private static void AddLogits(OnnxGraphBuilder graph, string pixels)
    {
        var weights = new float[Pixels * Classes];
        for (var k = 0; k < Classes; k++)
        {
            weights[(k * Classes) + k] = 1f;
        }

        graph.Node("Reshape", [pixels, graph.Initializer<long>("shape", [-1, Pixels], 2)], "flat");
        graph.Node("MatMul", ["flat", graph.Initializer("weights", weights, Pixels, Classes)], "scores");
    }

    private static ValueInfoProto Scalar(string name, DataType type)
    {
        var value = Value(name, type);
        value.Type.TensorType.Shape = new TensorShapeProto();
        return value;
    }

    private static ValueInfoProto Value(string name, DataType type) =>
        new()
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } },
        };
}

using Google.Protobuf;
using Onnx;
using SoftmaxService.Inference.Models.Inputs;
using SoftmaxService.Inference.Models.Scores;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Inference.Tests.Models;
using SoftmaxService.Inference.Tests.Models.Inputs;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Onnx;

public sealed class GraphOutlineTests
{
    [Fact]
    public void Read_Graph_KnowsItsNodes()
    {
        var graph = Read(ColorModels.Ending(graph => graph.Node("Softmax", ["z"], "scores", ("axis", -1L))));

        Assert.Equal(
            ["Softmax", "MatMul", "Flatten", "GlobalAveragePool"],
            graph.NodesBefore("scores").Select(node => node.OpType));
        Assert.Equal(-1, graph.ProducerOf("scores")!.Integers["axis"]);
        Assert.Null(graph.ProducerOf("image"));
    }

    public static TheoryData<string, TensorProto, double?> Constants => new()
    {
        { "raw float", Scalar(DataType.Float, raw: BitConverter.GetBytes(0.25f)), 0.25 },
        { "float data", new TensorProto { DataType = (int)DataType.Float, FloatData = { 0.5f } }, 0.5 },
        { "raw half", Scalar(DataType.Float16, raw: BitConverter.GetBytes((Half)0.125)), 0.125 },
        { "raw byte", Scalar(DataType.Uint8, raw: [7]), 7 },
        { "raw signed byte", Scalar(DataType.Int8, raw: [0xFF]), -1 },
        { "bytes in int32 data", new TensorProto { DataType = (int)DataType.Uint8, Int32Data = { 9 } }, 9 },
        { "negative int32 data", new TensorProto { DataType = (int)DataType.Int8, Int32Data = { -128 } }, -128 },
        { "one of one axis", new TensorProto { DataType = (int)DataType.Float, Dims = { 1 }, FloatData = { 2f } }, 2 },
        { "int64 data", new TensorProto { DataType = (int)DataType.Int64, Int64Data = { -3 } }, -3 },
        { "half as bits", new TensorProto { DataType = (int)DataType.Float16, Int32Data = { 0x3C00 } }, 1 },
        { "bfloat16 as bits", new TensorProto { DataType = (int)DataType.Bfloat16, Int32Data = { 0xBF80 } }, -1 },
        { "raw bfloat16", Scalar(DataType.Bfloat16, raw: [0x40, 0x40]), 3 },
        { "double data", new TensorProto { DataType = (int)DataType.Double, DoubleData = { 0.1 } }, 0.1 },
        { "raw of another length", Scalar(DataType.Float, raw: [0, 0, 0]), null },
        { "two", new TensorProto { DataType = (int)DataType.Float, Dims = { 2 }, FloatData = { 1f, 2f } }, null },
    };

    [Theory]
    [MemberData(nameof(Constants))]
    public void ConstantOf_OneNumber_IsRead(string what, TensorProto tensor, double? expected)
    {
        Assert.NotEmpty(what);
        tensor.Name = "c";
        var model = new ModelProto { Graph = new GraphProto { Initializer = { tensor } } };
        model.Graph.Node.Add(Constant(new AttributeProto
        {
            Name = "value",
            Type = AttributeProto.Types.AttributeType.Tensor,
            T = tensor,
        }));

        Assert.Equal(expected, Read(model.ToByteArray()).ConstantOf("c"));
        Assert.Equal(expected, Read(model.ToByteArray()).ConstantOf("n"));
    }

    public static TheoryData<string, TensorProto, double[]?> FewNumbers => new()
    {
        { "raw", Tensor(DataType.Float, [1, 3, 1, 1], [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40]), [1, 2, 3] },
        { "typed", new TensorProto { DataType = (int)DataType.Float, Dims = { 2 }, FloatData = { 4f, 5f } }, [4, 5] },
        { "four", new TensorProto { DataType = 7, Dims = { 2, 2 }, Int64Data = { 2, 1, 0, -1 } }, [2, 1, 0, -1] },
        { "five", new TensorProto { DataType = 1, Dims = { 5 }, FloatData = { 1, 2, 3, 4, 5 } }, null },
        { "none", new TensorProto { DataType = 1, Dims = { 0 } }, null },
        { "fewer than the shape says", new TensorProto { DataType = 1, Dims = { 3 }, FloatData = { 1, 2 } }, null },
        { "more than the shape says", new TensorProto { DataType = 1, Dims = { 2 }, FloatData = { 1, 2, 3 } }, null },
        { "beyond 64 bits", new TensorProto { DataType = 1, Dims = { 1L << 62, 4 }, FloatData = { 1 } }, null },
    };

    [Theory]
    [MemberData(nameof(FewNumbers))]
    public void NumbersOf_FewNumbers_AreRead(string what, TensorProto tensor, double[]? expected)
    {
        Assert.NotEmpty(what);
        tensor.Name = "c";
        var model = new ModelProto { Graph = new GraphProto { Initializer = { tensor } } };

        Assert.Equal(expected, Read(model.ToByteArray()).NumbersOf("c"));
        Assert.Null(Read(model.ToByteArray()).ConstantOf("c"));
    }

    [Fact]
    public void NumbersOf_ConstantNodeOfFloats_AreRead()
    {
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Node.Add(Constant(new AttributeProto
        {
            Name = "value_floats",
            Type = AttributeProto.Types.AttributeType.Floats,
            Floats = { 0.25f, 0.5f },
        }));

        Assert.Equal([0.25, 0.5], Read(model.ToByteArray()).NumbersOf("n"));
    }

    [Fact]
    public void Read_DamagedFile_NeverThrows()
    {
        byte[] onnx =
        [
            .. ColorModels.Ending(graph => ColorModels.QuantizedSoftmax(graph, 1f / 256, (byte)0)),
            .. ScalingGraphs.OfUnit["VGG, each channel by itself"],
        ];
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. onnx.AsSpan(0, random.Next(4) == 0 ? random.Next(onnx.Length) : onnx.Length)];
            for (var faults = random.Next(4); faults > 0 && damaged.Length > 0; faults--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var graph = Read(damaged);
            _ = GraphEnding.Of(graph, "scores");
            _ = GraphBeginning.Of(graph, "image");
        }
    }

    [Fact]
    public void Of_CircleOfNodes_Ends()
    {
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Node.Add(new NodeProto { OpType = "Identity", Input = { "a" }, Output = { "b" } });
        model.Graph.Node.Add(new NodeProto { OpType = "Identity", Input = { "b" }, Output = { "a" } });

        Assert.Equal(GraphEndingKind.Other, GraphEnding.Of(Read(model.ToByteArray()), "a").Kind);
        Assert.Equal(2, Read(model.ToByteArray()).NodesBefore("a").Count());
        Assert.Empty(GraphBeginning.Of(Read(model.ToByteArray()), "a").Steps);
    }

    private static NodeProto Constant(AttributeProto value) => new()
    {
        OpType = "Constant",
        Output = { "n" },
        Attribute = { value },
    };

    private static GraphOutline Read(byte[] onnx) => GraphOutlineReader.Read(new MemoryStream(onnx));

    private static TensorProto Scalar(DataType type, byte[] raw) => Tensor(type, [], raw);

    private static TensorProto Tensor(DataType type, long[] dimensions, byte[] raw) => new()
    {
        DataType = (int)type,
        Dims = { dimensions },
        RawData = ByteString.CopyFrom(raw),
    };
}

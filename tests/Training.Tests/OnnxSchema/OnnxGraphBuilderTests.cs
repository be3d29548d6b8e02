using Microsoft.ML.OnnxRuntime;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Training.Tests.OnnxSchema;

public sealed class OnnxGraphBuilderTests
{
    [Fact]
    public void ToByteArray_SmallGraph_RunsInOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("affine");
        var x = graph.Input("x", DataType.Float, "rows", 2);
        x = graph.Node(
            "Gemm",
            [x, graph.Initializer("weight", [1f, 2f, 3f, 4f, 5f, 6f], 2, 3)],
            "scaled",
            ("alpha", 0.5f));
        x = graph.Node("Reshape", [x, graph.Initializer("shape", [-1L], 1)], "flat", ("allowzero", 0));
        graph.Output(x, DataType.Float, "values");

        Assert.Equal([2.5f, 3.5f, 4.5f, 1f, 2f, 3f], Run(graph, [1f, 1f, 2f, 0f], [2, 2]));
    }

    [Fact]
    public void Initializer_OfEveryType_IsReadByOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("types");
        string[] names =
        [
            graph.Initializer("double", [1.0]),
            graph.Initializer("half", [(Half)2]),
            graph.Initializer("byte", [(byte)200]),
            graph.Initializer("sbyte", [(sbyte)-3]),
            graph.Initializer("int", [4]),
            graph.Initializer("long", [5L]),
            graph.Initializer("bool", [true]),
        ];
        var sum = graph.Input("x", DataType.Float, 1);
        foreach (var name in names)
        {
            var cast = graph.Node("Cast", [name], $"{name}.float", ("to", (long)DataType.Float));
            sum = graph.Node("Add", [sum, cast], $"{name}.sum");
        }

        graph.Output(sum, DataType.Float, 1);

        Assert.Equal([1 + 2 + 200 - 3 + 4 + 5 + 1], Run(graph, [0f], [1]));
    }

    [Fact]
    public void Initializer_TooFewValues_IsRejected()
    {
        var problem = Assert.Throws<ArgumentException>(() =>
            new OnnxGraphBuilder("wrong").Initializer("weight", [1f, 2f], 3, 1));

        Assert.StartsWith("weight has 2 values for 3 elements.", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Initializer_OfTypeWithoutOnnxType_IsRejected() =>
        Assert.Throws<NotSupportedException>(() => new OnnxGraphBuilder("wrong").Initializer("letters", ['a'], 1));

    [Fact]
    public void Node_SeveralOutputs_AllCanBeUsed()
    {
        var graph = new OnnxGraphBuilder("split");
        graph.Input("x", DataType.Float, "rows", 4);
        graph.Node("Split", ["x"], ["left", "right"], ("axis", 1));
        graph.Node("Concat", ["right", "left"], "swapped", ("axis", 1));
        graph.Output("swapped", DataType.Float, "rows", 4);

        Assert.Equal([3f, 4f, 1f, 2f], Run(graph, [1f, 2f, 3f, 4f], [1, 4]));
    }

    [Fact]
    public void Node_InputLeftOut_TakesItsDefault()
    {
        var graph = new OnnxGraphBuilder("clip");
        graph.Input("x", DataType.Float, 3);
        graph.Node("Clip", ["x", "", graph.Initializer("max", [1f])], "clipped");
        graph.Output("clipped", DataType.Float, 3);

        Assert.Equal([-5f, 0f, 1f], Run(graph, [-5f, 0f, 5f], [3]));
    }

    [Fact]
    public void ToModel_VersionsDimensionsAttributesAndMetadata_AreWrittenAsStated()
    {
        var graph = new OnnxGraphBuilder("stated", opset: 15, irVersion: 7);
        graph.Input("x", DataType.Uint8, "batch", 3, default);
        graph.Metadata("author", "test");
        graph.Node(
            "Odd",
            ["x"],
            "y",
            ("text", "fit"),
            ("numbers", new long[] { 1, 2 }),
            ("number", 0.5f),
            ("count", 3));
        graph.Output("y", DataType.Float16, 1);

        var model = graph.ToModel();

        Assert.Equal((7, 15), (model.IrVersion, Assert.Single(model.OpsetImport).Version));
        var input = Assert.Single(model.Graph.Input).Type.TensorType;
        Assert.Equal((int)DataType.Uint8, input.ElemType);
        Assert.Equal("batch", input.Shape.Dim[0].DimParam);
        Assert.Equal(3, input.Shape.Dim[1].DimValue);
        Assert.False(input.Shape.Dim[2].HasDimParam || input.Shape.Dim[2].HasDimValue);
        var attributes = Assert.Single(model.Graph.Node).Attribute;
        Assert.Equal(["text", "numbers", "number", "count"], attributes.Select(attribute => attribute.Name));
        Assert.Equal("fit", attributes[0].S.ToStringUtf8());
        Assert.Equal([1L, 2L], attributes[1].Ints);
        Assert.Equal(0.5f, attributes[2].F);
        Assert.Equal(3, attributes[3].I);
        Assert.Equal("test", Assert.Single(model.MetadataProps).Value);
    }

    [Fact]
    public void Save_Model_WritesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var graph = new OnnxGraphBuilder("saved");
        graph.Output(graph.Node("Identity", [graph.Input("x", DataType.Float, 1)], "y"), DataType.Float, 1);

        graph.Save(folder.PathOf("model.onnx"));

        Assert.Equal(graph.ToByteArray(), File.ReadAllBytes(folder.PathOf("model.onnx")));
    }

    private static float[] Run(OnnxGraphBuilder graph, float[] values, long[] shape)
    {
        using var session = new InferenceSession(graph.ToByteArray());
        using var input = OrtValue.CreateTensorValueFromMemory(values, shape);
        using var runOptions = new RunOptions();
        using var outputs = session.Run(runOptions, session.InputNames, [input], session.OutputNames);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}

using Google.Protobuf;
using Onnx;
using SoftmaxService.OnnxSchema;
using AttributeType = Onnx.AttributeProto.Types.AttributeType;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Tests.Support.Models;

/// <summary>
/// A graph in the form of Custom Vision's exports: the name of the surest class, and a list of maps from names to
/// probabilities.
/// </summary>
public static class CustomVisionModel
{
    /// <summary>What its export holds as <c>cvexport.manifest</c>, in our words.</summary>
    public const string Manifest = """
        {
          "DomainType": "Classification", "Platform": "ONNX", "ModelFileName": "model.onnx",
          "LabelFileName": "labels.txt", "MetadataPropsFileName": "metadata_properties.json", "SchemaVersion": "1.0"
        }
        """;

    /// <summary>What its export holds as <c>metadata_properties.json</c>.</summary>
    public const string Properties = """
        {
          "CustomVision.Postprocess.Method": "ClassificationMultiClass",
          "CustomVision.Preprocess.CropMethod": "NoCrop", "CustomVision.Preprocess.ResizeMethod": "Stretch",
          "CustomVision.Preprocess.TargetHeight": "224", "CustomVision.Preprocess.TargetWidth": "224",
          "Image.BitmapPixelFormat": "Bgr8", "Image.ColorSpaceGamma": "SRGB",
          "Image.NominalPixelRange": "NominalRange_0_255"
        }
        """;

    private const string ClassicalDomain = "ai.onnx.ml";

    /// <summary>Class k's logit is the mean of the input's colour k.</summary>
    public static byte[] Of(IReadOnlyList<string> names, int side)
    {
        var weights = new float[3 * names.Count];
        for (var k = 0; k < Math.Min(3, names.Count); k++)
        {
            weights[(k * names.Count) + k] = 1f;
        }

        var graph = new OnnxGraphBuilder("custom-vision");
        graph.Node("GlobalAveragePool", [graph.Input("data", DataType.Float, "None", 3, side, side)], "pooled");
        graph.Node("Flatten", ["pooled"], "flat");
        graph.Node("MatMul", ["flat", graph.Initializer("weights", weights, 3, names.Count)], "z");
        graph.Node("Softmax", ["z"], "p", ("axis", -1L));
        graph.Node("ArgMax", ["p"], "index", ("axis", -1L), ("keepdims", 1L));
        var model = graph.ToModel();
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = ClassicalDomain, Version = 2 });
        var indices = new AttributeProto { Name = "keys_int64s", Type = AttributeType.Ints };
        indices.Ints.Add(Enumerable.Range(0, names.Count).Select(index => (long)index));
        model.Graph.Node.Add(Node("LabelEncoder", "index", "classLabel", indices, Strings("values_strings", names)));
        model.Graph.Node.Add(Node("ZipMap", "p", "loss", Strings("classlabels_strings", names)));
        model.Graph.Output.Add(new ValueInfoProto { Name = "classLabel", Type = Tensor(DataType.String) });
        var map = new TypeProto
        {
            MapType = new TypeProto.Types.Map
            {
                KeyType = (int)DataType.String,
                ValueType = Tensor(DataType.Float),
            },
        };
        model.Graph.Output.Add(new ValueInfoProto
        {
            Name = "loss",
            Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = map } },
        });
        return model.ToByteArray();
    }

    private static NodeProto Node(string operation, string input, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto
        {
            OpType = operation,
            Domain = ClassicalDomain,
            Input = { input },
            Output = { output },
        };
        node.Attribute.Add(attributes);
        return node;
    }

    private static AttributeProto Strings(string name, IReadOnlyList<string> values) => new()
    {
        Name = name,
        Type = AttributeType.Strings,
        Strings = { values.Select(ByteString.CopyFromUtf8) },
    };

    private static TypeProto Tensor(DataType type) =>
        new() { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } };
}

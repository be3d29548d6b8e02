using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.OnnxSchema;

/// <summary>
/// Writes an ONNX model as it is read: inputs, then initializers and nodes in the order in which they compute, then
/// outputs. Every method that makes a value gives back its name, so that it can be handed to the next node. Nothing is
/// checked that a runtime checks at load.
/// </summary>
/// <param name="graphName">The graph's name.</param>
/// <param name="opset">Version of the standard operator set. <c>Gelu</c>, for one, needs 20.</param>
/// <param name="irVersion">Version of the file format: 8 belongs to opsets 15 to 18, 9 to 19 and 20.</param>
public sealed class OnnxGraphBuilder(string graphName, int opset = 17, int irVersion = 8)
{
    private const string ProducerName = "SoftmaxService";

    private readonly GraphProto _graph = new() { Name = graphName };
    private readonly List<StringStringEntryProto> _metadata = [];

    /// <summary>
    /// Adds an input of the graph. A dimension is a number, or a name when it is only known at run time.
    /// </summary>
    public string Input(string name, DataType elementType, params ReadOnlySpan<OnnxDimension> shape)
    {
        _graph.Input.Add(Describe(name, elementType, shape));
        return name;
    }

    /// <summary>Declares a value that a node makes to be an output of the graph.</summary>
    public void Output(string name, DataType elementType, params ReadOnlySpan<OnnxDimension> shape) =>
        _graph.Output.Add(Describe(name, elementType, shape));

    /// <summary>Adds a constant tensor; without dimensions it is a scalar.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, byte, sbyte, int, long or bool.</typeparam>
    /// <exception cref="ArgumentException">The dimensions do not hold as many elements as there are values.</exception>
    /// <exception cref="NotSupportedException">There is no ONNX type for <typeparamref name="T"/> here.</exception>
    public string Initializer<T>(string name, ReadOnlySpan<T> values, params ReadOnlySpan<long> dimensions)
        where T : unmanaged
    {
        var count = 1L;
        foreach (var dimension in dimensions)
        {
            count *= dimension;
        }

        if (count != values.Length)
        {
            throw new ArgumentException($"{name} has {values.Length} values for {count} elements.", nameof(values));
        }

        var tensor = new TensorProto
        {
            Name = name,
            DataType = (int)ElementType<T>(),
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values)),
        };
        tensor.Dims.AddRange(dimensions.ToArray());
        _graph.Initializer.Add(tensor);
        return name;
    }

    /// <inheritdoc cref="Initializer{T}(string, ReadOnlySpan{T}, ReadOnlySpan{long})"/>
    public string Initializer<T>(string name, T[] values, params ReadOnlySpan<long> dimensions)
        where T : unmanaged =>
        Initializer(name, values.AsSpan(), dimensions);

    /// <summary>Adds a node with one output. An input that is left out in the middle is the empty string.</summary>
    public string Node(
        string operation,
        ReadOnlySpan<string> inputs,
        string output,
        params ReadOnlySpan<(string Name, OnnxAttributeValue Value)> attributes)
    {
        Node(operation, inputs, [output], attributes);
        return output;
    }

    /// <summary>Adds a node with any number of outputs.</summary>
    public void Node(
        string operation,
        ReadOnlySpan<string> inputs,
        ReadOnlySpan<string> outputs,
        params ReadOnlySpan<(string Name, OnnxAttributeValue Value)> attributes)
    {
        var node = new NodeProto { OpType = operation, Name = outputs[0] };
        node.Input.AddRange(inputs.ToArray());
        node.Output.AddRange(outputs.ToArray());
        foreach (var (name, value) in attributes)
        {
            node.Attribute.Add(value.ToProto(name));
        }

        _graph.Node.Add(node);
    }

    /// <summary>Adds an entry to the model's metadata.</summary>
    public void Metadata(string key, string value) =>
        _metadata.Add(new StringStringEntryProto { Key = key, Value = value });

    /// <summary>The model so far, for what this class does not offer.</summary>
    public ModelProto ToModel()
    {
        var model = new ModelProto { IrVersion = irVersion, ProducerName = ProducerName, Graph = _graph.Clone() };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        model.MetadataProps.AddRange(_metadata);
        return model;
    }

    /// <summary>The model as the bytes of an <c>.onnx</c> file.</summary>
    public byte[] ToByteArray() => ToModel().ToByteArray();

    /// <summary>Writes the model to a file; its folder must exist.</summary>
    public void Save(string path) => File.WriteAllBytes(path, ToByteArray());

    private static ValueInfoProto Describe(string name, DataType elementType, ReadOnlySpan<OnnxDimension> shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var dimension in shape)
        {
            dimensions.Dim.Add(dimension.ToProto());
        }

        var tensor = new TypeProto.Types.Tensor { ElemType = (int)elementType, Shape = dimensions };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    private static DataType ElementType<T>() => default(T) switch
    {
        float => DataType.Float,
        double => DataType.Double,
        Half => DataType.Float16,
        byte => DataType.Uint8,
        sbyte => DataType.Int8,
        int => DataType.Int32,
        long => DataType.Int64,
        bool => DataType.Bool,
        _ => throw new NotSupportedException($"There is no ONNX element type for {typeof(T)} here."),
    };
}

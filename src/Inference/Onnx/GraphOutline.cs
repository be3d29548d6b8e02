using System.Buffers.Binary;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// What an ONNX file says of its graph beside the weights, which are skipped: the nodes, and constants of one number. ONNX Runtime tells a
/// session's inputs and outputs but not what computes them. Field numbers are those of onnx.proto.
/// </summary>
internal sealed class GraphOutline
{
    // No classifier has as many; a file that does is not worth the memory.
    private const int MaxNodes = 1_000_000;
    private const int MaxDepth = 16;

    // TensorProto.DataType.
    private const ulong Float16 = 10;
    private const ulong BFloat16 = 16;

    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Domain, string Name), GraphOutline> _functions = [];

    private GraphOutline()
    {
    }

    /// <summary>A graph of which nothing is known.</summary>
    public static GraphOutline Unknown { get; } = new();

    /// <summary>Reads a file. What is no ONNX file is <see cref="Unknown"/>: ONNX Runtime has its own words for it.</summary>
    public static GraphOutline Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return Read(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Unknown;
        }
    }

    public static GraphOutline Read(Stream model)
    {
        var outline = new GraphOutline();
        try
        {
            outline.ReadModel(new ProtobufReader(model), model.Length);
        }
        catch (InvalidDataException)
        {
            return Unknown;
        }

        outline.IndexProducers();
        return outline;
    }

    /// <summary>Of a function, the names of what it gives, in order; empty for a graph.</summary>
    public List<string> Outputs { get; } = [];

    /// <summary>The function of this file that a node calls; null where it is an operator.</summary>
    public GraphOutline? FunctionOf(GraphNode node) => _functions.GetValueOrDefault((node.Domain, node.OpType));

    /// <summary>The node that computes a value; null where none does.</summary>
    public GraphNode? ProducerOf(string value) => _producers.GetValueOrDefault(value);

    /// <summary>The number that an initializer or a <c>Constant</c> node holds; null where it is not a single one.</summary>
    public double? ConstantOf(string value) => _constants.TryGetValue(value, out var number) ? number : ProducerOf(value)?.Constant;

    /// <summary>All nodes of the graph, in its order.</summary>
    public IReadOnlyList<GraphNode> Nodes => _nodes;

    /// <summary>The nodes that a value depends on, each once.</summary>
    public IEnumerable<GraphNode> NodesBefore(string value)
    {
        var seen = new HashSet<GraphNode>();
        var open = new Stack<string>([value]);
        while (open.TryPop(out var name))
        {
            if (ProducerOf(name) is { } node && seen.Add(node))
            {
                yield return node;
                node.Inputs.ForEach(open.Push);
            }
        }
    }

    private void ReadModel(ProtobufReader reader, long end)
    {
        while (reader.ReadField(end))
        {
            switch (reader.Field)
            {
                case 7:
                    ReadGraph(reader, reader.ReadEnd());
                    break;

                case 25:
                    ReadFunction(reader, reader.ReadEnd());
                    break;

                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadFunction(ProtobufReader reader, long end)
    {
        var (name, domain) = ("", "");
        var function = new GraphOutline();
        while (reader.ReadField(end))
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.ReadText();
                    break;

                case 5:
                    function.Outputs.Add(reader.ReadText());
                    break;

                case 7:
                    function._nodes.Add(ReadNode(reader, reader.ReadEnd()));
                    break;

                case 10:
                    domain = reader.ReadText();
                    break;

                default:
                    reader.Skip();
                    break;
            }
        }

        function.IndexProducers();
        _functions[(domain, name)] = function;
    }

    private void IndexProducers()
    {
        foreach (var node in _nodes)
        {
            foreach (var output in node.Outputs)
            {
                _producers[output] = node;
            }
        }
    }

    private void ReadGraph(ProtobufReader reader, long end)
    {
        while (reader.ReadField(end))
        {
            switch (reader.Field)
            {
                case 1:
                    _nodes.Add(_nodes.Count < MaxNodes ? ReadNode(reader, reader.ReadEnd()) : throw new InvalidDataException());
                    break;

                case 5:
                    if (ReadTensor(reader, reader.ReadEnd()) is var (name, number) && number is not null)
                    {
                        _constants[name] = number.Value;
                    }

                    break;

                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static GraphOutline ReadSubgraph(ProtobufReader reader, long end)
    {
        var subgraph = new GraphOutline();
        if (++reader.Depth > MaxDepth)
        {
            throw new InvalidDataException();
        }

        subgraph.ReadGraph(reader, end);
        subgraph.IndexProducers();
        reader.Depth--;
        return subgraph;
    }

    private static GraphNode ReadNode(ProtobufReader reader, long end)
    {
        var node = new GraphNode();
        while (reader.ReadField(end))
        {
            switch (reader.Field)
            {
                case 1:
                    node.Inputs.Add(reader.ReadText());
                    break;

                case 2:
                    node.Outputs.Add(reader.ReadText());
                    break;

                case 4:
                    node.OpType = reader.ReadText();
                    break;

                case 5:
                    ReadAttribute(reader, reader.ReadEnd(), node);
                    break;

                case 7:
                    node.Domain = reader.ReadText();
                    break;

                default:
                    reader.Skip();
                    break;
            }
        }

        return node;
    }

    private static void ReadAttribute(ProtobufReader reader, long end, GraphNode node)
    {
        var name = "";
        while (reader.ReadField(end))
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.ReadText();
                    break;

                case 2 when !reader.HasLength && node.OpType == "Constant":
                    node.Constant = reader.ReadFloat();
                    break;

                case 3 when !reader.HasLength:
                    node.Integers[name] = (long)reader.ReadVarint();
                    break;

                case 5 when node.OpType == "Constant":
                    node.Constant = ReadTensor(reader, reader.ReadEnd()).Number;
                    break;

                case 6:
                    node.Subgraphs.Add(ReadSubgraph(reader, reader.ReadEnd()));
                    break;

                default:
                    reader.Skip();
                    break;
            }
        }
    }

    /// <summary>A tensor's name, and its number where it holds a single one and holds it in the file itself.</summary>
    private static (string Name, double? Number) ReadTensor(ProtobufReader reader, long end)
    {
        var (name, type, count) = ("", 0UL, 1UL);
        double? number = null;
        byte[] raw = [];
        while (reader.ReadField(end))
        {
            switch (reader.Field)
            {
                case 1:
                    count *= ReadProduct(reader);
                    break;

                case 2 when !reader.HasLength:
                    type = reader.ReadVarint();
                    break;

                case 4:
                    number = ReadFirst(reader, () => reader.ReadFloat());
                    break;

                case 5 or 7:
                    number = ReadFirst(reader, () => (long)reader.ReadVarint());
                    break;

                case 8:
                    name = reader.ReadText();
                    break;

                case 9:
                    var last = reader.ReadEnd();
                    raw = last - reader.Position <= sizeof(double) ? reader.ReadBytes((int)(last - reader.Position)) : [];
                    reader.SkipTo(last);
                    break;

                default:
                    reader.Skip();
                    break;
            }
        }

        // Halves in int32_data are bits, and no scale that matters here is written so.
        return (name, count != 1 ? null : raw.Length > 0 ? Decode(raw, type) : type is Float16 or BFloat16 ? null : number);
    }

    private static ulong ReadProduct(ProtobufReader reader)
    {
        if (!reader.HasLength)
        {
            return reader.ReadVarint();
        }

        var product = 1UL;
        for (var end = reader.ReadEnd(); reader.Position < end;)
        {
            product *= reader.ReadVarint();
        }

        return product;
    }

    private static double? ReadFirst(ProtobufReader reader, Func<double> read)
    {
        if (!reader.HasLength)
        {
            return read();
        }

        var end = reader.ReadEnd();
        double? first = reader.Position < end ? read() : null;
        reader.SkipTo(end);
        return first;
    }

    /// <summary>One element by its type in onnx.proto's <c>TensorProto.DataType</c>.</summary>
    private static double? Decode(ReadOnlySpan<byte> raw, ulong type) => (type, raw.Length) switch
    {
        (1, 4) => BinaryPrimitives.ReadSingleLittleEndian(raw),
        (2 or 9, 1) => raw[0],
        (3, 1) => (sbyte)raw[0],
        (6, 4) => BinaryPrimitives.ReadInt32LittleEndian(raw),
        (7, 8) => BinaryPrimitives.ReadInt64LittleEndian(raw),
        (Float16, 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(raw),
        (11, 8) => BinaryPrimitives.ReadDoubleLittleEndian(raw),
        _ => null,
    };
}

using System.Globalization;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Onnx;

/// <summary>Reads a <see cref="GraphOutline"/> from an ONNX file. Field numbers are those of onnx.proto.</summary>
internal sealed class GraphOutlineReader
{
    // No classifier has as many nodes; a file that does is not worth the memory.
    private const int MaxNodes = 1_000_000;
    private const int MaxDepth = 16;

    private readonly ProtobufReader _reader;
    private readonly TensorNumbersReader _tensors;
    private int _depth;

    private GraphOutlineReader(Stream model)
    {
        _reader = new ProtobufReader(model);
        _tensors = new TensorNumbersReader(_reader);
    }

    /// <summary>
    /// Reads a file. The outline of a file that is not ONNX is <see cref="GraphOutline.Unknown"/>; ONNX Runtime then
    /// says what is wrong.
    /// </summary>
    /// <exception cref="GraphLimitException">It holds more than a classifier needs.</exception>
    public static GraphOutline Read(string path)
    {
        try
        {
            using var file = RegularFile.OpenRead(path);
            return Read(file);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return GraphOutline.Unknown;
        }
    }

    public static GraphOutline Read(Stream model)
    {
        try
        {
            if (IsInRuntimesFormat(model))
            {
                return GraphOutline.Unknown;
            }

            return new GraphOutlineReader(model).ReadModel(model.Length);
        }
        catch (InvalidDataException)
        {
            return GraphOutline.Unknown;
        }
    }

    /// <summary>Whether a file is no ONNX but a flat buffer in ONNX Runtime's own format.</summary>
    private static bool IsInRuntimesFormat(Stream model)
    {
        Span<byte> start = stackalloc byte[8];
        var read = model.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        model.Position = 0;
        return read == start.Length && start[4..].SequenceEqual("ORTM"u8);
    }

    private GraphOutline ReadModel(long end)
    {
        var model = new GraphOutline();
        while (_reader.ReadField(end))
        {
            switch (_reader.Field)
            {
                case 7:
                    ReadGraph(_reader.ReadEnd(), model);
                    break;

                case 25:
                    ReadFunction(_reader.ReadEnd(), model);
                    break;

                default:
                    _reader.Skip();
                    break;
            }
        }

        return model;
    }

    private void ReadFunction(long end, GraphOutline model)
    {
        var (name, domain) = ("", "");
        var function = new GraphOutline();
        while (_reader.ReadField(end))
        {
            switch (_reader.Field)
            {
                case 1:
                    name = _reader.ReadText();
                    break;

                case 5:
                    function.Outputs.Add(_reader.ReadText());
                    break;

                case 7:
                    function.Add(ReadNode(_reader.ReadEnd()));
                    break;

                case 10:
                    domain = _reader.ReadText();
                    break;

                default:
                    _reader.Skip();
                    break;
            }
        }

        model.AddFunction(domain, name, function);
    }

    private void ReadGraph(long end, GraphOutline graph)
    {
        while (_reader.ReadField(end))
        {
            switch (_reader.Field)
            {
                case 1 when graph.Nodes.Count < MaxNodes:
                    graph.Add(ReadNode(_reader.ReadEnd()));
                    break;

                case 1:
                    throw new GraphLimitException($"it has more than {MaxNodes} nodes");

                case 5:
                    if (_tensors.Read(_reader.ReadEnd()) is (var name, { } numbers))
                    {
                        graph.AddConstant(name, numbers);
                    }

                    break;

                case 12 when graph.Outputs.Count < MaxNodes:
                    graph.Outputs.Add(ReadName(_reader.ReadEnd()));
                    break;

                default:
                    _reader.Skip();
                    break;
            }
        }
    }

    /// <summary>The name of a <c>ValueInfoProto</c>.</summary>
    private string ReadName(long end)
    {
        var name = "";
        while (_reader.ReadField(end))
        {
            if (_reader.Field == 1)
            {
                name = _reader.ReadText();
            }
            else
            {
                _reader.Skip();
            }
        }

        return name;
    }

    private GraphOutline ReadSubgraph(long end)
    {
        if (++_depth > MaxDepth)
        {
            throw new GraphLimitException($"its graphs are nested more than {MaxDepth} deep");
        }

        var subgraph = new GraphOutline();
        ReadGraph(end, subgraph);
        _depth--;
        return subgraph;
    }

    private GraphNode ReadNode(long end)
    {
        var node = new GraphNode();
        while (_reader.ReadField(end))
        {
            switch (_reader.Field)
            {
                case 1:
                    node.Inputs.Add(_reader.ReadText());
                    break;

                case 2:
                    node.Outputs.Add(_reader.ReadText());
                    break;

                case 4:
                    node.OpType = _reader.ReadText();
                    break;

                case 5:
                    ReadAttribute(_reader.ReadEnd(), node);
                    break;

                case 7:
                    node.Domain = _reader.ReadText();
                    break;

                default:
                    _reader.Skip();
                    break;
            }
        }

        return node;
    }

    private void ReadAttribute(long end, GraphNode node)
    {
        var name = "";
        var list = new List<string>();
        var floats = new List<double>();
        while (_reader.ReadField(end))
        {
            switch (_reader.Field)
            {
                case 1:
                    name = _reader.ReadText();
                    break;

                case 8 when node.OpType == "ZipMap":
                    ReadIntegers(list);
                    break;

                case 9 when node.OpType == "ZipMap" && list.Count < OnnxTensorInfo.MaxClasses:
                    list.Add(_reader.ReadText());
                    break;

                case 2 or 7 when node.OpType == "Constant":
                    _tensors.ReadFloats(floats);
                    break;

                case 3 when !_reader.HasLength:
                    node.Integers[name] = (long)_reader.ReadVarint();
                    break;

                case 5 when node.OpType == "Constant":
                    node.Numbers = _tensors.Read(_reader.ReadEnd()).Numbers;
                    break;

                case 6:
                    node.Subgraphs.Add(ReadSubgraph(_reader.ReadEnd()));
                    break;

                default:
                    _reader.Skip();
                    break;
            }
        }

        if (list.Count > 0)
        {
            node.Lists[name] = list;
        }

        if (floats.Count is > 0 and <= TensorNumbersReader.MaxCount)
        {
            node.Numbers = floats;
        }
    }

    private void ReadIntegers(List<string> list)
    {
        if (!_reader.HasLength)
        {
            Add();
            return;
        }

        for (var end = _reader.ReadEnd(); _reader.Position < end;)
        {
            Add();
        }

        void Add()
        {
            var number = (long)_reader.ReadVarint();
            if (list.Count < OnnxTensorInfo.MaxClasses)
            {
                list.Add(number.ToString(CultureInfo.InvariantCulture));
            }
        }
    }
}

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// What an ONNX file says about its graph apart from the weights: the nodes, and the constants of up to
/// <see cref="TensorNumbersReader.MaxCount"/> numbers. ONNX Runtime reports a session's inputs and outputs, but not
/// what computes them.
/// </summary>
internal sealed class GraphOutline
{
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<double>> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Domain, string Name), List<GraphOutline>> _functions = [];

    /// <summary>A graph about which nothing is known.</summary>
    public static GraphOutline Unknown { get; } = new();

    /// <summary>The names of the outputs of a graph or a function, in order.</summary>
    public List<string> Outputs { get; } = [];

    /// <summary>All nodes of the graph, in its order.</summary>
    public IReadOnlyList<GraphNode> Nodes => _nodes;

    /// <summary>The function of this file that a node calls; null where the node is an operator.</summary>
    public GraphOutline? FunctionOf(GraphNode node) => FunctionsOf(node) is [.., var function] ? function : null;

    /// <summary>The functions of this file that a node may call: several of one name are overloads.</summary>
    public IReadOnlyList<GraphOutline> FunctionsOf(GraphNode node) =>
        _functions.GetValueOrDefault((Normalize(node.Domain), node.OpType)) ?? [];

    /// <summary>Whether the file has functions.</summary>
    public bool HasFunctions => _functions.Count > 0;

    /// <summary>The node that computes a value; null where none does.</summary>
    public GraphNode? ProducerOf(string value) => _producers.GetValueOrDefault(value);

    /// <summary>
    /// The number that an initializer or a <c>Constant</c> node holds; null unless it is a single one.
    /// </summary>
    public double? ConstantOf(string value) => NumbersOf(value) is [var number] ? number : null;

    /// <summary>
    /// The numbers that an initializer or a <c>Constant</c> node holds; null unless there are only a few.
    /// </summary>
    public IReadOnlyList<double>? NumbersOf(string value) =>
        _constants.TryGetValue(value, out var numbers) ? numbers : ProducerOf(value)?.Numbers;

    /// <summary>The nodes that take a value, also inside of a branch or a loop, in the order of the graph.</summary>
    public IEnumerable<GraphNode> ConsumersOf(string value) => _nodes.Where(node =>
        node.Inputs.Contains(value) || node.Subgraphs.Exists(graph => graph.ConsumersOf(value).Any()));

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

    /// <summary>Adds a node whose outputs are known.</summary>
    public void Add(GraphNode node)
    {
        _nodes.Add(node);
        foreach (var output in node.Outputs)
        {
            _producers[output] = node;
        }
    }

    public void AddConstant(string name, IReadOnlyList<double> numbers) => _constants[name] = numbers;

    public void AddFunction(string domain, string name, GraphOutline function)
    {
        var key = (Normalize(domain), name);
        if (!_functions.TryGetValue(key, out var functions))
        {
            _functions.Add(key, functions = []);
        }

        functions.Add(function);
    }

    // Two names of ONNX's own domain.
    private static string Normalize(string domain) => domain == "ai.onnx" ? "" : domain;
}

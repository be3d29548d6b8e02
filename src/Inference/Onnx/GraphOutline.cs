namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// What an ONNX file says about its graph apart from the weights: the nodes, and the constants of a single number. ONNX
/// Runtime reports a session's inputs and outputs, but not what computes them.
/// </summary>
internal sealed class GraphOutline
{
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _constants = new(StringComparer.Ordinal);
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
    public double? ConstantOf(string value) =>
        _constants.TryGetValue(value, out var number) ? number : ProducerOf(value)?.Constant;

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

    public void AddConstant(string name, double number) => _constants[name] = number;

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

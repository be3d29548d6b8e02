namespace SoftmaxService.Inference.Onnx;

/// <summary>A node of a graph, as far as <see cref="GraphOutline"/> reads it.</summary>
internal sealed class GraphNode
{
    public string Domain { get; set; } = "";

    public string OpType { get; set; } = "";

    public List<string> Inputs { get; } = [];

    public List<string> Outputs { get; } = [];

    /// <summary>The attributes that are whole numbers.</summary>
    public Dictionary<string, long> Integers { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// The attributes of a <c>ZipMap</c> that are lists: its keys, where whole numbers are written as text.
    /// </summary>
    public Dictionary<string, List<string>> Lists { get; } = new(StringComparer.Ordinal);

    /// <summary>The graphs that the node runs, such as the branches of an <c>If</c>.</summary>
    public List<GraphOutline> Subgraphs { get; } = [];

    /// <summary>
    /// The numbers of a <c>Constant</c> node that holds up to <see cref="TensorNumbersReader.MaxCount"/>.
    /// </summary>
    public IReadOnlyList<double>? Numbers { get; set; }

    /// <summary>
    /// Whether the node makes a map of each row of floats, as exporters of classical learners and Custom Vision do.
    /// </summary>
    public bool IsZipMap => Domain == "ai.onnx.ml" && OpType == "ZipMap" && Inputs.Count == 1;

    /// <summary>
    /// Whether the operator belongs to ONNX or to ONNX Runtime. Another domain may call anything a Softmax.
    /// </summary>
    public bool HasOnnxDomain => Domain is "" or "ai.onnx" or "com.microsoft";
}

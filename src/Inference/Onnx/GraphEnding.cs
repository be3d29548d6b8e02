namespace SoftmaxService.Inference.Onnx;

/// <summary>What the last nodes of a graph make of its scores.</summary>
internal enum GraphEndingKind
{
    /// <summary>None of those below: the numbers must speak for themselves.</summary>
    Other,

    /// <summary>A layer whose numbers may be any: what comes before a softmax.</summary>
    Linear,

    /// <summary>A softmax: probabilities that sum to 1.</summary>
    Softmax,

    /// <summary>The logarithm of a softmax.</summary>
    LogSoftmax,

    /// <summary>A sigmoid: each number is a probability of its own.</summary>
    Sigmoid,
}

/// <summary>How a graph ends in front of one of its outputs.</summary>
/// <param name="Kind">What the deciding node computes.</param>
/// <param name="Node">Its operator, as in the file.</param>
/// <param name="Step">The distance between two numbers that a rounded or 8-bit output can tell apart; null where it is not rounded so.</param>
/// <param name="Shift">What is added to each number behind the deciding node, at most, to keep clear of 0.</param>
internal sealed record GraphEnding(GraphEndingKind Kind, string Node, double? Step, double Shift = 0)
{
    private const int MaxNodes = 64;

    // A larger number is no hair.
    private const double MostShift = 1e-2;

    // Dynamic quantisation spreads 255 steps over a row, of which nothing is above 1.
    private const double DynamicStep = 1.0 / 255;

    /// <summary>An output of which nothing is known.</summary>
    public static GraphEnding Unknown { get; } = new(GraphEndingKind.Other, "", null);

    /// <summary>Follows an output back through what changes its shape, type or resolution only.</summary>
    public static GraphEnding Of(GraphOutline graph, string output) => new Walk(graph).Follow(output);

    private sealed class Walk(GraphOutline graph)
    {
        private int _nodes;
        private double? _step;
        private double _shift;
        private double _gain = 1;

        public GraphEnding Follow(string output)
        {
            while (_nodes++ < MaxNodes && graph.ProducerOf(output) is { } node)
            {
                if (graph.FunctionOf(node) is { } function)
                {
                    return FollowInto(function, node, output);
                }

                if (!node.HasOnnxDomain)
                {
                    // A function of another file or of the runtime, such as aten_sigmoid.
                    return node.OpType.Contains("sigmoid", StringComparison.OrdinalIgnoreCase) ? Found(GraphEndingKind.Sigmoid, node) : Found(GraphEndingKind.Other, node);
                }

                if (!TryPass(node, out var input))
                {
                    return Decide(node);
                }

                output = input;
            }

            return Found(GraphEndingKind.Other, node: null);
        }

        /// <summary>Whether a node leaves the kind of its numbers alone, and where they come from.</summary>
        private bool TryPass(GraphNode node, out string input)
        {
            input = node.Inputs.FirstOrDefault() ?? "";
            switch (node)
            {
                case { OpType: "Identity" or "Cast" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Transpose" or "Clip" or "Dropout" }:
                    return input.Length > 0;

                case { OpType: "QuantizeLinear" or "DequantizeLinear", Inputs: [_, var scale, ..] }:
                    _step = graph.ProducerOf(scale) is { OpType: "DynamicQuantizeLinear" } ? DynamicStep : graph.ConstantOf(scale) ?? _step;
                    return true;

                case { OpType: "DynamicQuantizeLinear" }:
                    return input.Length > 0;

                case { OpType: "Round" or "Floor" or "Ceil" }:
                    _step = Math.Max(_step ?? 0, Math.Abs(_gain));
                    return input.Length > 0;

                case { OpType: "Max" or "Min", Inputs: [var left, var right] } when OneConstant(left, right, out input) is not null:
                    return true;

                case { OpType: "Add" or "Sub", Inputs: [var left, var right] } when OneConstant(left, right, out input) is { } shift && Math.Abs(shift * _gain) <= MostShift:
                    _shift += Math.Abs(shift * _gain);
                    return true;

                case { OpType: "Mul", Inputs: [var left, var right] } when OneConstant(left, right, out input) is { } factor && factor != 0:
                    _gain *= factor;
                    return true;

                case { OpType: "Div", Inputs: [var left, var right] } when graph.ConstantOf(right) is { } divisor && divisor != 0:
                    (input, _gain) = (left, _gain / divisor);
                    return true;

                default:
                    return false;
            }
        }

        private GraphEnding Decide(GraphNode node)
        {
            var isScaled = Math.Abs(_gain - 1) > 1e-3;
            switch (node)
            {
                case { OpType: "Softmax" }:
                    return isScaled ? Found(GraphEndingKind.Other, node) : Found(GraphEndingKind.Softmax, node);

                case { OpType: "LogSoftmax" }:
                    return isScaled ? Found(GraphEndingKind.Other, node) : Found(GraphEndingKind.LogSoftmax, node);

                case { OpType: "Sigmoid" or "HardSigmoid" }:
                    return Found(GraphEndingKind.Sigmoid, node);

                case { OpType: "QLinearSoftmax" or "QLinearSigmoid", Inputs: [_, _, _, var scale, ..] }:
                    _step = graph.ConstantOf(scale) ?? _step;
                    return Found(node.OpType == "QLinearSoftmax" ? GraphEndingKind.Softmax : GraphEndingKind.Sigmoid, node);

                case { OpType: "Log", Inputs: [var input] } when Follow(input) is { Kind: GraphEndingKind.Softmax } softmax:
                    return softmax with { Kind = GraphEndingKind.LogSoftmax };

                case { OpType: "Exp", Inputs: [var input] } when Follow(input) is { Kind: GraphEndingKind.LogSoftmax } logarithm:
                    return logarithm with { Kind = GraphEndingKind.Softmax };

                // A part or a mean of a softmax may not sum to 1; those of sigmoids are what they were.
                case { OpType: "Concat" or "Slice" or "Gather" or "GlobalMaxPool" or "MaxPool" or "ReduceMax" or "Max" or "Mean", Inputs: [var input, ..] }:
                    return Follow(input) is { Kind: GraphEndingKind.Sigmoid } sigmoid ? sigmoid : Found(GraphEndingKind.Other, node);

                case { OpType: "GlobalAveragePool" or "AveragePool" or "ReduceMean", Inputs: [var input, ..] }:
                    return Follow(input) is { Kind: GraphEndingKind.Sigmoid or GraphEndingKind.Linear } pooled ? pooled : Found(GraphEndingKind.Other, node);

                case { OpType: "Gemm" or "FusedGemm" or "MatMul" or "FusedMatMul" or "Conv" or "FusedConv" or "MatMulInteger" or "QLinearMatMul" or "QLinearConv" or "QGemm" or "BatchNormalization" or "Relu" or "LeakyRelu" or "Sum" }:
                    return Found(GraphEndingKind.Linear, node);

                case { OpType: "Add" or "Sub", Inputs: [var left, var right] } when graph.ConstantOf(left) is null && graph.ConstantOf(right) is null:
                    return Found(GraphEndingKind.Linear, node);

                default:
                    return Found(GraphEndingKind.Other, node);
            }
        }

        /// <summary>Into the function that a node calls, and out of it again where it only hands on what it is given.</summary>
        private GraphEnding FollowInto(GraphOutline function, GraphNode node, string output)
        {
            var index = node.Outputs.IndexOf(output);
            var inner = new Walk(function) { _nodes = _nodes, _step = _step, _shift = _shift, _gain = _gain };
            return index < function.Outputs.Count ? inner.Follow(function.Outputs[index]) : Found(GraphEndingKind.Other, node);
        }

        private double? OneConstant(string left, string right, out string other)
        {
            other = left;
            if (graph.ConstantOf(right) is { } constant)
            {
                return constant;
            }

            other = right;
            return graph.ConstantOf(left);
        }

        private GraphEnding Found(GraphEndingKind kind, GraphNode? node) => new(kind, node?.OpType ?? "", _step, _shift);
    }
}

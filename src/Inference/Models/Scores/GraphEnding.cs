using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models.Scores;

/// <summary>How a graph ends in front of one of its outputs.</summary>
/// <param name="Kind">What the decisive node computes.</param>
/// <param name="Node">The operator of that node, as in the file.</param>
/// <param name="Step">The resolution of a rounded or 8-bit output; null where the output is neither.</param>
/// <param name="Shift">The most that is added to a number after the decisive node, to keep it away from 0.</param>
internal sealed record GraphEnding(GraphEndingKind Kind, string Node, double? Step, double Shift = 0)
{
    private const int MaxNodes = 64;

    // A larger constant changes the numbers; it does not just keep them away from 0.
    private const double LargestShift = 1e-2;

    // Dynamic quantization spreads 255 steps over a row whose numbers are at most 1.
    private const double DynamicStep = 1.0 / 255;

    /// <summary>The ending of an output about which nothing is known.</summary>
    public static GraphEnding Unknown { get; } = new(GraphEndingKind.Other, "", null);

    /// <summary>Follows an output back through nodes that change only its shape, type or resolution.</summary>
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
                    var isSigmoid = node.OpType.Contains("sigmoid", StringComparison.OrdinalIgnoreCase);
                    return Found(isSigmoid ? GraphEndingKind.Sigmoid : GraphEndingKind.Other, node);
                }

                if (!TryPass(node, out var input))
                {
                    return Decide(node);
                }

                output = input;
            }

            return Found(GraphEndingKind.Other, node: null);
        }

        /// <summary>Whether a node preserves the kind of its numbers, and which value they come from.</summary>
        private bool TryPass(GraphNode node, out string input)
        {
            input = node.Inputs.FirstOrDefault() ?? "";
            switch (node)
            {
                case
                {
                    OpType: "Identity" or "Cast" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Transpose"
                    or "Clip" or "Dropout"
                }:
                    return input.Length > 0;

                case { OpType: "QuantizeLinear" or "DequantizeLinear", Inputs: [_, var scale, ..] }:
                    _step = graph.ProducerOf(scale) is { OpType: "DynamicQuantizeLinear" }
                        ? DynamicStep
                        : graph.ConstantOf(scale) ?? _step;
                    return true;

                case { OpType: "DynamicQuantizeLinear" }:
                    return input.Length > 0;

                case { OpType: "Round" or "Floor" or "Ceil" }:
                    _step = Math.Max(_step ?? 0, Math.Abs(_gain));
                    return input.Length > 0;

                case { OpType: "Max" or "Min", Inputs: [var left, var right] }
                    when OneConstant(left, right, out input) is not null:
                    return true;

                case { OpType: "Add" or "Sub", Inputs: [var left, var right] }
                    when OneConstant(left, right, out input) is { } shift && Math.Abs(shift * _gain) <= LargestShift:
                    _shift += Math.Abs(shift * _gain);
                    return true;

                case { OpType: "Mul", Inputs: [var left, var right] }
                    when OneConstant(left, right, out input) is { } factor && factor != 0:
                    _gain *= factor;
                    return true;

                case { OpType: "Div", Inputs: [var left, var right] }
                    when graph.ConstantOf(right) is { } divisor && divisor != 0:
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
                    return Found(
                        node.OpType == "QLinearSoftmax" ? GraphEndingKind.Softmax : GraphEndingKind.Sigmoid, node);

                case { OpType: "Log", Inputs: [var input] }
                    when Follow(input) is { Kind: GraphEndingKind.Softmax } softmax:
                    return softmax with { Kind = GraphEndingKind.LogSoftmax };

                case { OpType: "Exp", Inputs: [var input] }
                    when Follow(input) is { Kind: GraphEndingKind.LogSoftmax } logarithm:
                    return logarithm with { Kind = GraphEndingKind.Softmax };

                // A part or a mean of a softmax may not sum to 1. Parts and means of sigmoids remain sigmoids.
                case
                {
                    OpType: "Concat" or "Slice" or "Gather" or "GlobalMaxPool" or "MaxPool" or "ReduceMax" or "Max"
                    or "Mean",
                    Inputs: [var input, ..]
                }:
                    return Follow(input) is { Kind: GraphEndingKind.Sigmoid } sigmoid
                        ? sigmoid
                        : Found(GraphEndingKind.Other, node);

                case { OpType: "GlobalAveragePool" or "AveragePool" or "ReduceMean", Inputs: [var input, ..] }:
                    return Follow(input) is { Kind: GraphEndingKind.Sigmoid or GraphEndingKind.Linear } pooled
                        ? pooled
                        : Found(GraphEndingKind.Other, node);

                case
                {
                    OpType: "Gemm" or "FusedGemm" or "MatMul" or "FusedMatMul" or "Conv" or "FusedConv"
                    or "MatMulInteger" or "QLinearMatMul" or "QLinearConv" or "QGemm" or "BatchNormalization" or "Relu"
                    or "LeakyRelu" or "Sum"
                }:
                    return Found(GraphEndingKind.Linear, node);

                case { OpType: "Add" or "Sub", Inputs: [var left, var right] }
                    when graph.ConstantOf(left) is null && graph.ConstantOf(right) is null:
                    return Found(GraphEndingKind.Linear, node);

                default:
                    return Found(GraphEndingKind.Other, node);
            }
        }

        /// <summary>Follows an output into the function that computes it.</summary>
        private GraphEnding FollowInto(GraphOutline function, GraphNode node, string output)
        {
            var index = node.Outputs.IndexOf(output);
            var inner = new Walk(function) { _nodes = _nodes, _step = _step, _shift = _shift, _gain = _gain };
            return index < function.Outputs.Count
                ? inner.Follow(function.Outputs[index])
                : Found(GraphEndingKind.Other, node);
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

        private GraphEnding Found(GraphEndingKind kind, GraphNode? node) =>
            new(kind, node?.OpType ?? "", _step, _shift);
    }
}

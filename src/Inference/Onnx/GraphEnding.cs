namespace SoftmaxService.Inference.Onnx;

/// <summary>What the last nodes of a graph make of its scores.</summary>
internal enum GraphEndingKind
{
    /// <summary>None of those below: the numbers must speak for themselves.</summary>
    Other,

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
/// <param name="Step">The distance between two numbers that an 8-bit output can tell apart; null where it is not quantised so.</param>
internal sealed record GraphEnding(GraphEndingKind Kind, string Node, double? Step)
{
    private const int MaxNodes = 64;

    private static readonly GraphEnding Unknown = new(GraphEndingKind.Other, "", null);

    /// <summary>Follows an output back through what changes its shape, type or resolution only.</summary>
    public static GraphEnding Of(GraphOutline graph, string output) => Of(graph, output, step: null, depth: 0);

    private static GraphEnding Of(GraphOutline graph, string output, double? step, int depth)
    {
        for (; depth < MaxNodes && graph.ProducerOf(output) is { Inputs: [var input, ..] } node; depth++)
        {
            switch (node)
            {
                // A function that an exporter made of a module, such as aten_sigmoid.
                case { HasOnnxDomain: false }:
                    var isSigmoid = node.OpType.Contains("sigmoid", StringComparison.OrdinalIgnoreCase);
                    return isSigmoid ? new GraphEnding(GraphEndingKind.Sigmoid, node.OpType, step) : Unknown with { Step = step };

                case { OpType: "Softmax" }:
                    return new GraphEnding(GraphEndingKind.Softmax, node.OpType, step);

                case { OpType: "LogSoftmax" }:
                    return new GraphEnding(GraphEndingKind.LogSoftmax, node.OpType, step);

                case { OpType: "Sigmoid" or "HardSigmoid" }:
                    return new GraphEnding(GraphEndingKind.Sigmoid, node.OpType, step);

                case { OpType: "QLinearSoftmax" or "QLinearSigmoid", Inputs: [_, _, _, var scale, ..] }:
                    var kind = node.OpType == "QLinearSoftmax" ? GraphEndingKind.Softmax : GraphEndingKind.Sigmoid;
                    return new GraphEnding(kind, node.OpType, graph.ConstantOf(scale) ?? step);

                case { OpType: "Log" } when Of(graph, input, step, depth + 1) is { Kind: GraphEndingKind.Softmax } softmax:
                    return softmax with { Kind = GraphEndingKind.LogSoftmax };

                case { OpType: "Exp" } when Of(graph, input, step, depth + 1) is { Kind: GraphEndingKind.LogSoftmax } logarithm:
                    return logarithm with { Kind = GraphEndingKind.Softmax };

                case { OpType: "Concat" or "Slice" or "Gather" }:
                    // A part of a softmax does not sum to 1 any more; a part of several sigmoids is what it was.
                    return Of(graph, input, step, depth + 1) is { Kind: GraphEndingKind.Sigmoid } sigmoid ? sigmoid : Unknown with { Step = step };

                case { OpType: "QuantizeLinear" or "DequantizeLinear", Inputs: [_, var scale, ..] }:
                    (output, step) = (input, graph.ConstantOf(scale) ?? step);
                    break;

                case { OpType: "Identity" or "Cast" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Transpose" or "Clip" or "Dropout" }:
                    output = input;
                    break;

                default:
                    return Unknown with { Step = step };
            }
        }

        return Unknown with { Step = step };
    }
}

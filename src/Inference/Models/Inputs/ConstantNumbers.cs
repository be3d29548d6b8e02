using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models.Inputs;

/// <summary>
/// The few numbers of a value that does not depend on the graph's input: a constant, or what nodes make of constants,
/// as exporters leave them that fold nothing.
/// </summary>
internal static class ConstantNumbers
{
    private const int MaxDepth = 8;

    /// <summary>The numbers; null where the value is no constant, or has too many.</summary>
    public static IReadOnlyList<double>? Of(GraphOutline graph, string value) => Of(graph, value, MaxDepth);

    /// <summary>Combines numbers one by one; a single one stands for all. Null where their counts differ.</summary>
    public static IReadOnlyList<double>? Combine(
        IReadOnlyList<double> left, IReadOnlyList<double> right, Func<double, double, double> combine)
    {
        var count = Math.Max(left.Count, right.Count);
        return (left.Count == 1 || left.Count == count) && (right.Count == 1 || right.Count == count)
            ? [.. Enumerable.Range(0, count).Select(i => combine(At(left, i), At(right, i)))]
            : null;

        static double At(IReadOnlyList<double> numbers, int i) => numbers[numbers.Count == 1 ? 0 : i];
    }

    private static IReadOnlyList<double>? Of(GraphOutline graph, string value, int depth)
    {
        if (graph.NumbersOf(value) is { } numbers)
        {
            return numbers;
        }

        if (depth == 0 || graph.ProducerOf(value) is not { HasOnnxDomain: true } node)
        {
            return null;
        }

        switch (node)
        {
            case
            {
                OpType: "Identity" or "Cast" or "CastLike" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten"
                or "Transpose",
                Inputs: [var input, ..]
            }:
                return Of(graph, input, depth - 1);

            case { OpType: "Neg", Inputs: [var input] }:
                return Map(input, number => -number);

            case { OpType: "Sqrt", Inputs: [var input] }:
                return Map(input, Math.Sqrt);

            case { OpType: "Reciprocal", Inputs: [var input] }:
                return Map(input, number => 1 / number);

            case { OpType: "Add", Inputs: [var left, var right] }:
                return Join(left, right, (a, b) => a + b);

            case { OpType: "Sub", Inputs: [var left, var right] }:
                return Join(left, right, (a, b) => a - b);

            case { OpType: "Mul", Inputs: [var left, var right] }:
                return Join(left, right, (a, b) => a * b);

            case { OpType: "Div", Inputs: [var left, var right] }:
                return Join(left, right, (a, b) => a / b);

            // Keras keeps a divisor away from 0 in this way.
            case { OpType: "Max", Inputs: [var left, var right] }:
                return Join(left, right, Math.Max);

            case { OpType: "DequantizeLinear", Inputs: [var quantized, var scale] }:
                return Join(quantized, scale, (q, step) => q * step);

            case { OpType: "DequantizeLinear", Inputs: [var quantized, var scale, var zero] }:
                return Of(graph, zero, depth - 1) is { } zeros && Join(quantized, scale, (q, _) => q) is { } steps
                    && Combine(steps, zeros, (q, z) => q - z) is { } shifted
                    && Of(graph, scale, depth - 1) is { } scales
                    ? Combine(shifted, scales, (q, step) => q * step)
                    : null;

            default:
                return null;
        }

        IReadOnlyList<double>? Map(string input, Func<double, double> change) =>
            Of(graph, input, depth - 1) is { } numbers ? [.. numbers.Select(change)] : null;

        IReadOnlyList<double>? Join(string left, string right, Func<double, double, double> combine) =>
            Of(graph, left, depth - 1) is { } lefts && Of(graph, right, depth - 1) is { } rights
                ? Combine(lefts, rights, combine)
                : null;
    }
}

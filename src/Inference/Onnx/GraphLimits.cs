using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// How much ONNX Runtime may make of a small file when it loads it. Its own limits are made for files that are trusted:
/// a million nodes from functions take it an hour, and each folded constant may have a gigabyte.
/// </summary>
internal static class GraphLimits
{
    /// <summary>
    /// The most nodes that a graph may have when its functions are inlined. The largest image classifiers have a few
    /// thousand. ONNX Runtime needs seconds for so many; for three times as many, 20 s.
    /// </summary>
    public const int MaxInlinedNodes = 20_000;

    // Exporters write a function for each module of a network, and one for each operation.
    private const int MaxFunctionDepth = 64;

    private const int MaxFunctionBytes = 64 << 20;

    // A node that folds to more is run each time instead. Casts and transposed copies of a model's own weights are
    // folded, whatever their size.
    private const long FoldedBytes = 64 << 20;
    private const int FoldedBytesPerByte = 4;

    /// <summary>
    /// Rejects a file whose functions would become too many nodes. ONNX Runtime would find out only after it has
    /// followed every call.
    /// </summary>
    /// <exception cref="GraphLimitException">There would be too many nodes, or calls within calls.</exception>
    public static void Check(GraphOutline graph)
    {
        if (graph.HasFunctions)
        {
            CountNodes(graph, graph, [], depth: 0);
        }
    }

    /// <param name="options">The session's options.</param>
    /// <param name="modelBytes">The size of the model's files.</param>
    public static void Apply(SessionOptions options, long modelBytes)
    {
        Set("session.function_expansion_node_limit", MaxInlinedNodes);
        Set("session.function_expansion_byte_limit", MaxFunctionBytes);
        Set(
            "optimization.constant_folding_max_output_size_in_bytes",
            Math.Max(FoldedBytes, FoldedBytesPerByte * modelBytes));

        void Set(string key, long value) =>
            options.AddSessionConfigEntry(key, value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The nodes of a graph, a function or a subgraph when the functions that they call are inlined.</summary>
    private static long CountNodes(
        GraphOutline file, GraphOutline graph, Dictionary<GraphOutline, long> counted, int depth)
    {
        if (depth > MaxFunctionDepth)
        {
            throw new GraphLimitException(
                $"its functions call one another more than {MaxFunctionDepth} deep, or in a circle");
        }

        if (counted.TryGetValue(graph, out var known))
        {
            return known;
        }

        var count = 0L;
        foreach (var node in graph.Nodes)
        {
            count += Math.Max(
                1, file.FunctionsOf(node).Select(function => CountNodes(file, function, counted, depth + 1))
                    .DefaultIfEmpty(1).Max());
            count += node.Subgraphs.Sum(subgraph => CountNodes(file, subgraph, counted, depth));
            if (count > MaxInlinedNodes)
            {
                throw new GraphLimitException(
                    $"the functions of its file become more than {MaxInlinedNodes} nodes, which no image classifier "
                    + "needs");
            }
        }

        return counted[graph] = count;
    }
}

/// <summary>A file that asks for more than an image classifier needs.</summary>
internal sealed class GraphLimitException(string message) : Exception(message);

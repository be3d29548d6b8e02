using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Rejects graphs that were exported in training mode or draw random numbers: batch normalization would take its
/// statistics from the images that share a run, and dropout would drop different numbers each time.
/// </summary>
internal static class TrainingMode
{
    // Functions that call one another in a long chain would use up the stack. The warm-up also checks that answers do
    // not change.
    private const int MaxBodies = 256;

    public static void Reject(GraphOutline graph, string output)
    {
        var seen = new HashSet<GraphOutline>();
        foreach (var node in graph.NodesBefore(output))
        {
            if (FindTraining(graph, graph, node, seen) is { } training)
            {
                throw new ModelLoadException(
                    $"the graph was exported in training mode, or to draw random numbers: its node {training.OpType} "
                    + $"'{Quoting.Shorten(training.Outputs.FirstOrDefault() ?? "")}' would make an answer depend on "
                    + "other images or on chance. Export it in evaluation mode (in PyTorch: model.eval() first)");
            }
        }
    }

    /// <summary>
    /// The node itself, or one that it runs: in a function's body, or in the branches of an <c>If</c>.
    /// </summary>
    private static GraphNode? FindTraining(
        GraphOutline root, GraphOutline graph, GraphNode node, HashSet<GraphOutline> seen)
    {
        if (IsTraining(root, graph, node))
        {
            return node;
        }

        var bodies = root.FunctionOf(node) is { } function ? [function] : node.Subgraphs;
        return bodies.Where(body => seen.Count < MaxBodies && seen.Add(body))
            .SelectMany(body => body.Nodes, (body, inner) => FindTraining(root, body, inner, seen))
            .FirstOrDefault(found => found is not null);
    }

    private static bool IsTraining(GraphOutline root, GraphOutline graph, GraphNode node)
    {
        return node switch
        {
            { HasOnnxDomain: false } => false,
            {
                OpType: "RandomNormal" or "RandomNormalLike" or "RandomUniform" or "RandomUniformLike"
                or "Multinomial" or "Bernoulli"
            } => true,
            { OpType: "BatchNormalization" } => node.Integers.GetValueOrDefault("training_mode") == 1,
            { OpType: "Dropout", Inputs: [_, var ratio, var training] } =>
                Constant(training) is not (null or 0) && Constant(ratio) is not 0,
            _ => false,
        };

        // A branch can use the constants of the graph around it.
        double? Constant(string value) => graph.ConstantOf(value) ?? root.ConstantOf(value);
    }
}

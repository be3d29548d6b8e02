using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Refuses graphs that were exported in training mode, or draw random numbers: batch normalisation then takes its statistics from the images
/// that share a run, and dropout leaves out other numbers each time.
/// </summary>
internal static class TrainingMode
{
    public static void Refuse(GraphOutline graph, string output)
    {
        if (graph.NodesBefore(output).FirstOrDefault(node => IsTraining(graph, node)) is { } node)
        {
            throw new ModelLoadException(
                $"the graph was exported in training mode, or to draw random numbers: its node {node.OpType} '{Quoting.Shorten(node.Outputs[0])}' would make an answer depend on other images or on chance. Export it in evaluation mode (in PyTorch: model.eval() first)");
        }
    }

    private static bool IsTraining(GraphOutline graph, GraphNode node) => node switch
    {
        { HasOnnxDomain: false } => false,
        { OpType: "RandomNormal" or "RandomNormalLike" or "RandomUniform" or "RandomUniformLike" or "Multinomial" or "Bernoulli" } => true,
        { OpType: "BatchNormalization" } => node.Integers.GetValueOrDefault("training_mode") == 1,
        { OpType: "Dropout", Inputs: [_, var ratio, var training] } => graph.ConstantOf(training) is not (null or 0) && graph.ConstantOf(ratio) is not 0,
        _ => false,
    };
}

using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models.Scores;

/// <summary>The output of a graph that holds the class scores.</summary>
/// <param name="Tensor">The output as the graph declares it.</param>
/// <param name="Reason">Why this output was chosen, in words.</param>
public sealed record ScoresOutput(OnnxTensorInfo Tensor, string Reason);

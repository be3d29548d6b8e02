using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>The output of a graph that holds the class scores.</summary>
/// <param name="Tensor">The output as it is declared.</param>
/// <param name="Reason">Why this one, in words.</param>
public sealed record ScoresOutput(OnnxTensorInfo Tensor, string Reason);

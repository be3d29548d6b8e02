namespace SoftmaxService.Inference.Onnx;

/// <summary>The value of one of a graph's outputs.</summary>
/// <param name="Name">The output's name in the graph.</param>
/// <param name="ElementType">The element type in ONNX terms, for example <c>float</c>.</param>
/// <param name="Shape">One size per axis.</param>
/// <param name="Bytes">The elements, row-major and little-endian.</param>
public sealed record OnnxTensor(string Name, string ElementType, IReadOnlyList<int> Shape, byte[] Bytes);

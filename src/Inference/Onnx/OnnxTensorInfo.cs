namespace SoftmaxService.Inference.Onnx;

/// <summary>An input or output as the graph declares it.</summary>
/// <param name="Name">The tensor's name in the graph.</param>
/// <param name="ElementType">The element type in ONNX terms, for example <c>float</c>.</param>
/// <param name="Shape">One size per axis; −1 if the size is only known when the model runs.</param>
public sealed record OnnxTensorInfo(string Name, string ElementType, IReadOnlyList<int> Shape)
{
    /// <summary>The size of an axis that is only known when the model runs.</summary>
    public const int Dynamic = -1;

    /// <summary>The shape in brackets, <c>?</c> for a dynamic axis: <c>[?, 1, 28, 28]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape.Select(size => size == Dynamic ? "?" : size.ToString()))}]";

    /// <summary>
    /// Whether a tensor of this shape, with every size known, holds one row of at least two class scores for one item.
    /// </summary>
    internal bool IsRowOfScores =>
        Shape.Count is >= 1 and <= 4 && Shape.All(size => size >= 1) && Shape.Count(size => size > 1) == 1;
}

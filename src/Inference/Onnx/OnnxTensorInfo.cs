namespace SoftmaxService.Inference.Onnx;

/// <summary>An input or output as the graph declares it.</summary>
/// <param name="Name">The tensor's name in the graph.</param>
/// <param name="ElementType">The element type in ONNX terms, for example <c>float</c>.</param>
/// <param name="Shape">One size per axis; −1 if the size is only known when the model runs.</param>
public sealed record OnnxTensorInfo(string Name, string ElementType, IReadOnlyList<int> Shape)
{
    /// <summary>The size of an axis that is only known when the model runs.</summary>
    public const int Dynamic = -1;

    /// <summary>The most classes that are served.</summary>
    internal const int MaxClasses = 1 << 20;

    /// <summary>The shape in brackets, <c>?</c> for a dynamic axis: <c>[?, 1, 28, 28]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape.Select(size => size == Dynamic ? "?" : size.ToString()))}]";

    /// <summary>Whether the elements have fractions.</summary>
    internal bool HasFractions => ElementType is "float" or "float16" or "double";

    /// <summary>
    /// Whether a tensor of this shape, with every size known, holds one row of at least two class scores for one item:
    /// [K], [N, K], [N, 1, K], [N, K, 1, 1] and so on.
    /// </summary>
    internal bool IsRowOfScores =>
        Shape.Count is >= 1 and <= 4
        && Shape.All(size => size is >= 1 and <= MaxClasses)
        && Shape.Count(size => size > 1) == 1;

    /// <summary>
    /// The part of a run's tensor that belongs to one of its items; null if the first axis does not count them.
    /// </summary>
    /// <param name="items">The number of items of the run.</param>
    internal OnnxTensorInfo? OfOneItem(int items) =>
        items == 1 ? this
        : Shape.Count > 0 && Shape[0] == items ? this with { Shape = [1, .. Shape.Skip(1)] }
        : null;
}

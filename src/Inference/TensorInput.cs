using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference;

/// <summary>The tensor that a model takes, as a caller of <see cref="TensorClassifier"/> must send it.</summary>
/// <param name="Name">The input's name in the graph.</param>
/// <param name="ElementType">
/// The element type in ONNX terms: <c>float</c>, <c>float16</c>, <c>double</c>, <c>uint8</c>, <c>int8</c>, <c>int32</c>
/// or <c>int64</c>.
/// </param>
/// <param name="DeclaredShape">The shape as the graph declares it, −1 where a size is open.</param>
/// <param name="ItemShape">The shape of one item, every size known, the batch axis included where there is one.</param>
/// <param name="HasBatchAxis">Whether the first axis counts items; if not, a request holds one.</param>
/// <param name="ItemBytes">The bytes of one item.</param>
public sealed record TensorInput(
    string Name,
    string ElementType,
    IReadOnlyList<int> DeclaredShape,
    IReadOnlyList<int> ItemShape,
    bool HasBatchAxis,
    int ItemBytes)
{
    /// <summary>Describes a model's input.</summary>
    /// <param name="model">The model that takes it.</param>
    public static TensorInput Of(ClassifierModel model) => new(
        model.GraphInput.Name,
        model.GraphInput.ElementType,
        model.GraphInput.Shape,
        model.Classifier.InputShape,
        model.Classifier.HasBatchAxis,
        model.Classifier.ItemBytes);

    /// <summary>
    /// One item in the model's element type: the nearest floats, or integers, rounded and clamped to their range.
    /// </summary>
    /// <param name="values">The item's elements as floats, in the graph's order.</param>
    /// <returns>The elements, little-endian.</returns>
    /// <exception cref="ArgumentException">There are not as many values as an item has elements.</exception>
    public byte[] Encode(ReadOnlySpan<float> values)
    {
        // A model is only loaded if its element type has a name.
        var element = TensorElements.Named(ElementType)!.Value;
        if (values.Length * TensorElements.SizeOf(element) != ItemBytes)
        {
            throw new ArgumentException(
                $"There are {values.Length} values; an item has {ItemBytes / TensorElements.SizeOf(element)}.",
                nameof(values));
        }

        var item = new byte[ItemBytes];
        TensorElements.Encode(values, element, item);
        return item;
    }
}

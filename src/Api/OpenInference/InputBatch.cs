using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Checks a request's input against the model, and only then reads it: the model's own tensor, or BYTES that hold
/// encoded images.
/// </summary>
internal static class InputBatch
{
    public static TensorRequest Read(
        ClassifierModel model, TensorInput tensor, IReadOnlyList<InferInput> inputs, int maxItems)
    {
        var input = OnlyInput(inputs, model, tensor);
        if (input.Datatype == TensorDatatype.Bytes.Name)
        {
            var images = CountImages(input, tensor, maxItems);
            return new TensorRequest
            {
                Images = input.Contents.ReadElements(input.Name, input.Shape, images),
                Count = images,
            };
        }

        var datatype = TensorDatatype.OfOnnx(tensor.ElementType);
        if (datatype is null || input.Datatype != datatype.Name)
        {
            throw Reject(
                $"Input '{input.Name}' is {datatype?.Name ?? tensor.ElementType}, "
                + $"not {Quoting.Shorten(input.Datatype)}. "
                + $"It also takes {TensorDatatype.Bytes.Name} of shape [N]: encoded images.");
        }

        var items = CountItems(input, tensor, maxItems);
        var elements = (long)items * (tensor.ItemBytes / datatype.Size);
        return new TensorRequest
        {
            Items = input.Contents.ReadNumbers(input.Name, datatype, input.Shape, elements),
            Count = items,
        };
    }

    private static InferInput OnlyInput(
        IReadOnlyList<InferInput> inputs, ClassifierModel model, TensorInput tensor) => inputs switch
        {
            [var input] when input.Name == tensor.Name => input,
            [var input] => throw Reject(
                $"Model '{model.Name}' has no input '{Quoting.Shorten(input.Name)}'. Its input is '{tensor.Name}'."),
            _ => throw Reject(
                $"The request has {inputs.Count} inputs. Model '{model.Name}' takes exactly one, '{tensor.Name}'."),
        };

    private static int CountItems(InferInput input, TensorInput tensor, int maxItems)
    {
        var first = tensor.HasBatchAxis ? 1 : 0;
        var fits = input.Shape.Count == tensor.ItemShape.Count
            && input.Shape.Skip(first).SequenceEqual(tensor.ItemShape.Skip(first).Select(size => (long)size));
        if (!fits)
        {
            var expected = string.Join(", ", tensor.ItemShape.Select((size, axis) => axis < first ? "N" : $"{size}"));
            throw Reject($"Input '{input.Name}' has the shape {Text(input.Shape)}; the model takes [{expected}].");
        }

        return tensor.HasBatchAxis ? Limit(input, input.Shape[0], maxItems) : 1;
    }

    private static int CountImages(InferInput input, TensorInput tensor, int maxItems)
    {
        var count = input.Shape switch
        {
            [var images] => images,
            [var images, 1] => images,
            _ => throw Reject(
                $"Input '{input.Name}' has the shape {Text(input.Shape)}; "
                + $"{TensorDatatype.Bytes.Name} that hold images have the shape [N] or [N, 1]."),
        };
        return tensor.HasBatchAxis || count <= 1
            ? Limit(input, count, maxItems)
            : throw Reject(
                $"Input '{input.Name}' holds {count} images, but the model has no batch axis: send one per request.");
    }

    private static int Limit(InferInput input, long count, int maxItems) => count switch
    {
        < 1 => throw Reject(
            $"Input '{input.Name}' has the shape {Text(input.Shape)}, a batch of {count}; "
            + "it must hold at least one item."),
        _ when count > maxItems => throw MultipartImages.TooMany(maxItems),
        _ => (int)count,
    };

    private static RequestException Reject(string message) => new(Problem.BadRequest, message);

    private static string Text(IReadOnlyList<long> shape) => Quoting.Shorten($"[{string.Join(", ", shape)}]");
}

using SoftmaxService.Cli.Data;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Arrays;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>The maker's input tensor of one image, brought into the order of the model's.</summary>
/// <param name="Values">The elements in the graph's order.</param>
/// <param name="Note">What had to be done for that, as a sentence; null if nothing.</param>
internal sealed record GivenTensor(float[] Values, string? Note)
{
    /// <exception cref="DataException">The file cannot be read, or its shape is not the model's.</exception>
    public static GivenTensor Read(string path, TensorInput tensor, ImageInput input)
    {
        var given = GivenArray.Read(path, array => Order(array, tensor, input) is not null);
        var isSwapped = Order(given.Array, tensor, input) ?? throw Misfit(given, tensor, input);
        var values = given.Array.ToFloats();
        if (Array.FindIndex(values, value => !float.IsFinite(value)) is >= 0 and var index)
        {
            throw new DataException(
                $"{given.Path}: element {index} is {values[index]}; a tensor of an image holds finite numbers.");
        }

        if (!isSwapped)
        {
            return new GivenTensor(values, null);
        }

        var (from, to) = input.Layout == TensorLayout.ChannelsLast ? ("NCHW", "NHWC") : ("NHWC", "NCHW");
        return new GivenTensor(
            Planes.Swap(values, input, input.Layout),
            $"The tensor's shape {given.Array.ShapeText} is that of {from}. It was transposed to {to}, which the model "
            + "takes.");
    }

    /// <summary>Whether the channels must change places with the pixels; null if the shape does not fit.</summary>
    private static bool? Order(NumpyArray array, TensorInput tensor, ImageInput input)
    {
        var shape = Squeeze(array.Shape);
        int[] swapped = input.Layout == TensorLayout.ChannelsLast
            ? [input.Channels, input.Height, input.Width]
            : [input.Height, input.Width, input.Channels];
        int[] image = input.Layout == TensorLayout.ChannelsLast
            ? [input.Height, input.Width, input.Channels]
            : [input.Channels, input.Height, input.Width];
        return shape.SequenceEqual(Squeeze(tensor.ItemShape)) || shape.SequenceEqual(Squeeze(image)) ? false
            : shape.SequenceEqual(Squeeze(swapped)) ? true
            : null;
    }

    // The batch axis, and the axis of one channel, may be left out.
    private static int[] Squeeze(IEnumerable<int> shape) => [.. shape.Where(size => size != 1)];

    private static DataException Misfit(GivenArray given, TensorInput tensor, ImageInput input)
    {
        var shape = given.Array.Shape;
        var served = NumpyShape(tensor.ItemShape);
        var text = $"{given.Path}: the tensor's shape is {given.Array.ShapeText}, but the service makes {served}";
        if (shape.Count == tensor.ItemShape.Count
            && shape.Skip(1).SequenceEqual(tensor.ItemShape.Skip(1))
            && tensor.HasBatchAxis)
        {
            return new DataException($"{text}. Give the tensor of one image, not of {shape[0]}.");
        }

        var isOpen = tensor.DeclaredShape.Skip(tensor.HasBatchAxis ? 1 : 0).Any(size => size < 0);
        return new DataException(
            isOpen
                ? $"{text}. The graph takes {NumpyShape(tensor.DeclaredShape)}: state \"height\" and \"width\" in the "
                    + "manifest's input."
                : $"{text}, as the graph demands ({input.Width} × {input.Height} pixels).");
    }

    private static string NumpyShape(IEnumerable<int> shape) =>
        $"[{string.Join(", ", shape.Select(size => size < 0 ? "?" : $"{size}"))}]";
}

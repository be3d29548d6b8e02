using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>Changes the order of a tensor's elements: channel planes, or pixels one after the other.</summary>
internal static class Planes
{
    /// <summary>From the order of a layout to channel planes.</summary>
    public static float[] Of(float[] values, ImageInput input) =>
        input.Layout == TensorLayout.ChannelsLast ? FromPixels(values, input) : values;

    /// <summary>From the other order into that of a layout.</summary>
    public static float[] Swap(float[] values, ImageInput input, TensorLayout to) =>
        to == TensorLayout.ChannelsLast ? ToPixels(values, input) : FromPixels(values, input);

    /// <summary>With rows and columns exchanged, for a square image.</summary>
    public static float[] Transpose(float[] planes, ImageInput input)
    {
        var side = input.Width;
        var turned = new float[planes.Length];
        for (var i = 0; i < planes.Length; i++)
        {
            var (channel, pixel) = Math.DivRem(i, side * side);
            var (row, column) = Math.DivRem(pixel, side);
            turned[(channel * side * side) + (column * side) + row] = planes[i];
        }

        return turned;
    }

    public static float[] FromPixels(float[] values, ImageInput input)
    {
        var planes = new float[values.Length];
        var pixels = input.Width * input.Height;
        for (var i = 0; i < values.Length; i++)
        {
            planes[(i % input.Channels * pixels) + (i / input.Channels)] = values[i];
        }

        return planes;
    }

    private static float[] ToPixels(float[] planes, ImageInput input)
    {
        var values = new float[planes.Length];
        var pixels = input.Width * input.Height;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = planes[(i % input.Channels * pixels) + (i / input.Channels)];
        }

        return values;
    }
}

using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>Model inputs whose tensors hold plain pixel values, which the tests can read.</summary>
internal static class PlainPixels
{
    public static ImageInput Photograph(
        int width, int height, PixelColor color = PixelColor.Rgb, ResizeMode resize = ResizeMode.Stretch,
        TensorLayout layout = TensorLayout.ChannelsLast)
    {
        var channels = color == PixelColor.Gray ? 1 : 3;
        return new ImageInput
        {
            Layout = layout,
            Channels = channels,
            Height = height,
            Width = width,
            Color = color,
            Scale = 1,
            Mean = new float[channels],
            Std = Enumerable.Repeat(1f, channels).ToArray(),
            Resize = resize,
        };
    }

    public static ImageInput Digit(int side = 28, Foreground foreground = Foreground.Light) =>
        Photograph(side, side, PixelColor.Gray, ResizeMode.Fit, TensorLayout.ChannelsFirst) with
        {
            Foreground = foreground,
        };

    public static float[] Run(ImageInput input, byte[] encoded)
    {
        var tensor = new float[input.ElementCount];
        new ImagePreprocessor(input).Preprocess(encoded, tensor);
        return tensor;
    }

    public static float[] RunDigit(byte[] encoded) => Run(Digit(), encoded);

    public static float[] Rounded(float[] tensor) => Array.ConvertAll(tensor, MathF.Round);

    public static InferenceException Fail(byte[] encoded, long maxPixels = ImagePreprocessor.DefaultMaxPixels)
    {
        var input = Photograph(8, 8);
        return Assert.Throws<InferenceException>(() =>
            new ImagePreprocessor(input, maxPixels).Preprocess(encoded, new float[input.ElementCount]));
    }
}

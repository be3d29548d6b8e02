using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// What a model sees of an image: its input tensor turned back into a picture, <c>pixel = (tensor · std + mean) /
/// scale</c>, rounded and clamped to 0…255. The inverse of <see cref="TensorWriter"/>. A standardized image has lost
/// its brightness and contrast: its lowest element is shown as 0 and its highest as 255.
/// </summary>
internal static class InputPicture
{
    /// <summary>
    /// Encodes a tensor as a PNG of the model's size: grey for a model with one channel, otherwise RGB.
    /// </summary>
    /// <param name="input">The recipe that made the tensor.</param>
    /// <param name="tensor">At least <see cref="ImageInput.ElementCount"/> elements.</param>
    public static unsafe byte[] Encode(ImageInput input, ReadOnlySpan<float> tensor)
    {
        var (type, pixelChannels) = input.Color == PixelColor.Gray ? (SKColorType.Gray8, 1) : (SKColorType.Rgb888x, 4);
        using var picture = new PixelBuffer(
            input.Width, input.Height, pixelChannels, isOpaque: true, SKEncodedOrigin.TopLeft);
        if (input.Standardize)
        {
            input = WithFullContrast(input, tensor[..input.ElementCount]);
        }

        for (var channel = 0; channel < input.Channels; channel++)
        {
            Draw(input, tensor, channel, picture);
        }

        using var pixmap = new SKPixmap(
            new SKImageInfo(input.Width, input.Height, type, SKAlphaType.Opaque), (nint)picture.Pointer);
        using var png = pixmap.Encode(SKPngEncoderOptions.Default)
            ?? throw new InvalidOperationException("Skia could not encode a PNG.");
        return png.ToArray();
    }

    private static ImageInput WithFullContrast(ImageInput input, ReadOnlySpan<float> tensor)
    {
        var (lowest, highest) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var element in tensor)
        {
            (lowest, highest) = (Math.Min(lowest, element), Math.Max(highest, element));
        }

        var range = Math.Max(highest - lowest, 1e-6f); // a plain image has none
        return input with
        {
            Scale = 1,
            Mean = [.. Enumerable.Repeat(-lowest * byte.MaxValue / range, input.Channels)],
            Std = [.. Enumerable.Repeat(byte.MaxValue / range, input.Channels)],
        };
    }

    private static void Draw(ImageInput input, ReadOnlySpan<float> tensor, int channel, PixelBuffer picture)
    {
        var (scale, mean, std) = (input.Scale, input.Mean[channel], input.Std[channel]);
        var interleaved = input.Layout == TensorLayout.ChannelsLast;
        var (from, step) = interleaved ? (channel, input.Channels) : (channel * input.Width * input.Height, 1);
        var to = input.Color == PixelColor.Bgr ? 2 - channel : channel;
        for (var y = 0; y < input.Height; y++)
        {
            var row = picture.Row(y);
            for (var x = to; x < row.Length; x += picture.Channels, from += step)
            {
                row[x] = (byte)Math.Clamp(MathF.Round(((tensor[from] * std) + mean) / scale), 0f, 255f);
            }
        }
    }
}

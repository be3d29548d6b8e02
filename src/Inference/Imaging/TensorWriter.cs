using System.Numerics;

namespace SoftmaxService.Inference.Imaging;

/// <summary>Writes a canvas of the model's size, with values in 0…255, as the model's input tensor.</summary>
internal sealed class TensorWriter
{
    private readonly int _pixelCount;
    private readonly PixelColor _color;
    private readonly bool _interleaved;
    private readonly float[] _multiply;
    private readonly float[] _add;

    public TensorWriter(ImageInput input)
    {
        _pixelCount = input.Width * input.Height;
        _color = input.Color;
        _interleaved = input.Layout == TensorLayout.ChannelsLast;
        _multiply = new float[input.Channels];
        _add = new float[input.Channels];
        for (var channel = 0; channel < input.Channels; channel++)
        {
            _multiply[channel] = input.Scale / input.Std[channel];
            _add[channel] = -input.Mean[channel] / input.Std[channel];
        }
    }

    /// <param name="pixels">
    /// Per pixel one value (grey) or four (red, green, blue, unused) in 0…255: the bytes of a picture, or a canvas of
    /// floats.
    /// </param>
    /// <param name="pixelChannels">1 or 4.</param>
    /// <param name="tensor">At least the model's element count.</param>
    public void Write<T>(ReadOnlySpan<T> pixels, int pixelChannels, Span<float> tensor)
        where T : unmanaged, INumberBase<T>
    {
        if (_color == PixelColor.Gray && pixelChannels != 1)
        {
            for (var i = 0; i < _pixelCount; i++)
            {
                tensor[i] = Element(LumaOf(pixels.Slice(4 * i, 3)), 0);
            }

            return;
        }

        for (var channel = 0; channel < _multiply.Length; channel++)
        {
            var (from, to) = (From(channel, pixelChannels), _interleaved ? channel : channel * _pixelCount);
            var step = _interleaved ? _multiply.Length : 1;
            for (var i = 0; i < _pixelCount; i++, from += pixelChannels, to += step)
            {
                tensor[to] = Element(float.CreateTruncating(pixels[from]), channel);
            }
        }
    }

    private static float LumaOf<T>(ReadOnlySpan<T> rgb)
        where T : unmanaged, INumberBase<T> =>
        Luma.FromRgb(int.CreateTruncating(rgb[0]), int.CreateTruncating(rgb[1]), int.CreateTruncating(rgb[2]));

    /// <summary>The offset of a channel in a pixel.</summary>
    private int From(int channel, int pixelChannels) =>
        pixelChannels == 1 ? 0 : _color == PixelColor.Bgr ? 2 - channel : channel;

    private float Element(float value, int channel) => (value * _multiply[channel]) + _add[channel];
}

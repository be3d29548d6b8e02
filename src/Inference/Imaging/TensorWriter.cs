namespace SoftmaxService.Inference.Imaging;

/// <summary>Writes a canvas of the model's size, values 0…255, as the model's tensor.</summary>
internal sealed class TensorWriter
{
    private readonly int _pixelCount;
    private readonly PixelColor _color;
    private readonly bool _interleaved;
    private readonly float[] _multiply;
    private readonly float[] _add;

    // Of each channel, the 256 elements that a byte can become.
    private readonly float[][] _elements;

    public TensorWriter(ImageInput input)
    {
        _pixelCount = input.Width * input.Height;
        _color = input.Color;
        _interleaved = input.Layout == TensorLayout.ChannelsLast;
        _multiply = new float[input.Channels];
        _add = new float[input.Channels];
        _elements = new float[input.Channels][];
        for (var channel = 0; channel < input.Channels; channel++)
        {
            _multiply[channel] = input.Scale / input.Std[channel];
            _add[channel] = -input.Mean[channel] / input.Std[channel];
            _elements[channel] = [.. Enumerable.Range(0, 256).Select(value => Element(value, channel))];
        }
    }

    /// <param name="pixels">One (grey) or four (red, green, blue, unused) bytes a pixel, of a picture that has the model's size.</param>
    /// <param name="channels">1 or 4.</param>
    /// <param name="tensor">At least the model's element count.</param>
    public void Write(ReadOnlySpan<byte> pixels, int channels, Span<float> tensor)
    {
        if (_color == PixelColor.Gray && channels != 1)
        {
            for (var i = 0; i < _pixelCount; i++)
                tensor[i] = Element(LumaOf(pixels[4 * i], pixels[(4 * i) + 1], pixels[(4 * i) + 2]), 0);
            return;
        }

        for (var channel = 0; channel < _elements.Length; channel++)
        {
            var elements = _elements[channel];
            var (to, step) = Place(channel);
            for (int i = 0, from = Source(channel, channels); i < _pixelCount; i++, from += channels, to += step)
                tensor[to] = elements[pixels[from]];
        }
    }

    /// <param name="canvas">One (grey) or four (red, green, blue, unused) values a pixel.</param>
    /// <param name="canvasChannels">1 or 4.</param>
    /// <param name="tensor">At least the model's element count.</param>
    public void Write(ReadOnlySpan<float> canvas, int canvasChannels, Span<float> tensor)
    {
        if (_color == PixelColor.Gray && canvasChannels != 1)
        {
            for (var i = 0; i < _pixelCount; i++)
                tensor[i] = Element(LumaOf(canvas[4 * i], canvas[(4 * i) + 1], canvas[(4 * i) + 2]), 0);
            return;
        }

        for (var channel = 0; channel < _elements.Length; channel++)
        {
            var (to, step) = Place(channel);
            for (int i = 0, from = Source(channel, canvasChannels); i < _pixelCount; i++, from += canvasChannels, to += step)
                tensor[to] = Element(canvas[from], channel);
        }
    }

    private static float LumaOf(float red, float green, float blue) => (red * Luma.Red) + (green * Luma.Green) + (blue * Luma.Blue);

    private float Element(float value, int channel) => (value * _multiply[channel]) + _add[channel];

    /// <summary>Where a channel's first value is among a pixel's.</summary>
    private int Source(int channel, int sourceChannels) => sourceChannels == 1 ? 0 : _color == PixelColor.Bgr ? 2 - channel : channel;

    private (int Start, int Step) Place(int channel) => _interleaved ? (channel, _elements.Length) : (channel * _pixelCount, 1);
}

namespace SoftmaxService.Inference.Imaging;

/// <summary>Writes a canvas of the model's size, values 0…255, as the model's tensor.</summary>
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

    /// <param name="canvas">One (grey) or four (red, green, blue, unused) values a pixel.</param>
    /// <param name="canvasChannels">1 or 4.</param>
    /// <param name="tensor">At least the model's element count.</param>
    public void Write(ReadOnlySpan<float> canvas, int canvasChannels, Span<float> tensor)
    {
        if (_color == PixelColor.Gray)
        {
            if (canvasChannels == 1)
                WriteChannel(canvas, 1, tensor, 1, 0);
            else
                WriteLuma(canvas, tensor);
            return;
        }

        for (var channel = 0; channel < 3; channel++)
        {
            var from = canvasChannels == 1 ? 0 : _color == PixelColor.Bgr ? 2 - channel : channel;
            if (_interleaved)
                WriteChannel(canvas[from..], canvasChannels, tensor[channel..], 3, channel);
            else
                WriteChannel(canvas[from..], canvasChannels, tensor[(channel * _pixelCount)..], 1, channel);
        }
    }

    private void WriteChannel(ReadOnlySpan<float> source, int sourceStep, Span<float> target, int targetStep, int channel)
    {
        var multiply = _multiply[channel];
        var add = _add[channel];
        for (int i = 0, from = 0, to = 0; i < _pixelCount; i++, from += sourceStep, to += targetStep)
            target[to] = (source[from] * multiply) + add;
    }

    private void WriteLuma(ReadOnlySpan<float> rgba, Span<float> target)
    {
        var multiply = _multiply[0];
        var add = _add[0];
        for (int i = 0, from = 0; i < _pixelCount; i++, from += 4)
        {
            var luma = (rgba[from] * Luma.Red) + (rgba[from + 1] * Luma.Green) + (rgba[from + 2] * Luma.Blue);
            target[i] = (luma * multiply) + add;
        }
    }
}

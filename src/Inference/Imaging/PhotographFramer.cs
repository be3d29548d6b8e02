using System.Buffers;
using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Brings a picture to the model's height and width by stretching, letterboxing or cropping, with antialiasing.
/// </summary>
internal sealed class PhotographFramer(ImageInput input)
{
    /// <summary>
    /// The size in the model's pixels at which a picture of the given upright size is drawn, before it is cropped.
    /// </summary>
    public (int Width, int Height) DrawnSize(int width, int height)
    {
        if (input.Resize == ResizeMode.Stretch)
        {
            return (input.Width, input.Height);
        }

        var horizontal = (double)input.Width / width;
        var vertical = (double)input.Height / height;
        var scale = input.Resize == ResizeMode.Fit ? Math.Min(horizontal, vertical) : Math.Max(horizontal, vertical);
        return (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
    }

    /// <summary>
    /// Whether the picture is upright and has the model's size, so that drawing would only copy it.
    /// </summary>
    public bool IsDrawnAlready(PixelBuffer picture) =>
        picture.Width == input.Width && picture.Height == input.Height && picture.Origin == SKEncodedOrigin.TopLeft;

    /// <summary>
    /// Draws an opaque picture on the canvas, which has the model's size and the picture's channels. The bars of a
    /// letterbox are black.
    /// </summary>
    public void Draw(PixelBuffer picture, Span<float> canvas)
    {
        var swapped = Orientation.SwapsAxes(picture.Origin);
        var (uprightWidth, uprightHeight) = swapped ? (picture.Height, picture.Width) : (picture.Width, picture.Height);
        var (drawnWidth, drawnHeight) = DrawnSize(uprightWidth, uprightHeight);
        var visibleWidth = Math.Min(drawnWidth, input.Width);
        var visibleHeight = Math.Min(drawnHeight, input.Height);

        var (drawnColumns, drawnRows) = swapped ? (drawnHeight, drawnWidth) : (drawnWidth, drawnHeight);
        var (columns, rows) = swapped ? (visibleHeight, visibleWidth) : (visibleWidth, visibleHeight);
        using var columnWeights = CentredWeights(picture.Width, drawnColumns, columns);
        using var rowWeights = CentredWeights(picture.Height, drawnRows, rows);

        var length = columns * rows * picture.Channels;
        var rented = ArrayPool<float>.Shared.Rent(length);
        var stored = rented.AsSpan(0, length);
        Resampler.Resample(picture, stored, columns, columnWeights, rows, rowWeights);

        if (visibleWidth < input.Width || visibleHeight < input.Height)
        {
            canvas.Clear();
        }

        var left = (input.Width - visibleWidth) / 2;
        var top = (input.Height - visibleHeight) / 2;
        Orientation.Copy(stored, columns, rows, picture.Channels, picture.Origin, canvas, input.Width, left, top);
        ArrayPool<float>.Shared.Return(rented);
    }

    private static AxisWeights CentredWeights(int sourceLength, int drawnLength, int visibleLength)
    {
        var scale = (double)sourceLength / drawnLength;
        var origin = (drawnLength - visibleLength) / 2.0 * scale;
        return new AxisWeights(
            sourceLength, origin, scale, visibleLength, ResamplingFilter.Triangle, zeroOutside: false);
    }
}

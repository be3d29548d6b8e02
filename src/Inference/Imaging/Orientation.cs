using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>The eight EXIF orientations. They are applied after resampling, when few pixels are left.</summary>
internal static class Orientation
{
    public static bool SwapsAxes(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop
            or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>Whether a stored row ends where the upright row or column that it shows begins.</summary>
    public static bool ReversesColumns(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight
            or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>Whether a stored column ends where the upright column or row that it shows begins.</summary>
    public static bool ReversesRows(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft
            or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;

    /// <summary>Copies a stored picture into a canvas the way it is meant to be seen.</summary>
    public static void Copy(
        ReadOnlySpan<float> stored, int width, int height, int channels, SKEncodedOrigin origin,
        Span<float> canvas, int canvasWidth, int left, int top)
    {
        // The stored index of the upright pixel (x, y) is first + x * stepX + y * stepY.
        var (first, stepX, stepY) = origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1, -1, width),
            SKEncodedOrigin.BottomRight => ((width * height) - 1, -1, -width),
            SKEncodedOrigin.BottomLeft => ((height - 1) * width, 1, -width),
            SKEncodedOrigin.LeftTop => (0, width, 1),
            SKEncodedOrigin.RightTop => ((height - 1) * width, -width, 1),
            SKEncodedOrigin.RightBottom => ((width * height) - 1, -width, -1),
            SKEncodedOrigin.LeftBottom => (width - 1, width, -1),
            _ => (0, 1, width),
        };
        var (uprightWidth, uprightHeight) = SwapsAxes(origin) ? (height, width) : (width, height);

        for (var y = 0; y < uprightHeight; y++)
        {
            var target = canvas.Slice((((top + y) * canvasWidth) + left) * channels, uprightWidth * channels);
            var start = first + (y * stepY);
            if (stepX == 1)
            {
                stored.Slice(start * channels, target.Length).CopyTo(target);
                continue;
            }

            for (var x = 0; x < uprightWidth; x++)
            {
                stored.Slice((start + (x * stepX)) * channels, channels).CopyTo(target[(x * channels)..]);
            }
        }
    }
}

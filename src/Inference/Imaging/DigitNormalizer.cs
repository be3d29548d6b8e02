using System.Buffers;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Brings a drawn digit to the form of MNIST (LeCun, Cortes, Burges): light ink on black, its longer side 20 of 28
/// pixels, antialiased, the centre of mass in the middle. Models for <see cref="Foreground.Dark"/> get dark ink on
/// white.
/// </summary>
internal sealed class DigitNormalizer
{
    private const double BoxPart = 20.0 / 28.0;

    // Ink is cropped before it is shrunk, so a JPEG may be decoded at a smaller size only while a small digit in a
    // large photograph keeps its shape.
    private const int UsefulSidePerPixel = 40;

    private readonly int _width;
    private readonly int _height;
    private readonly int _boxSide;
    private readonly bool _darkInk;

    public DigitNormalizer(ImageInput input)
    {
        _width = input.Width;
        _height = input.Height;
        _boxSide = Math.Max(1, (int)Math.Round(Math.Min(_width, _height) * BoxPart));
        _darkInk = input.Foreground == Foreground.Dark;
    }

    public (int Width, int Height) SmallestUsefulSize => (UsefulSidePerPixel * _width, UsefulSidePerPixel * _height);

    /// <summary>
    /// Draws the digit on the canvas, which has the model's size and one channel. Destroys the picture.
    /// </summary>
    public void Draw(PixelBuffer picture, Span<float> canvas)
    {
        picture.CompositeToGray(TransparentGround.Choose(picture));
        if (!TryDrawUnchanged(picture, canvas))
        {
            canvas.Clear();
            if (InkExtractor.TryExtract(picture) && StrokeFinder.TryFind(picture, out var box))
            {
                DrawFitted(picture, box, canvas);
            }
        }

        if (_darkInk)
        {
            for (var i = 0; i < canvas.Length; i++)
            {
                canvas[i] = 255 - canvas[i];
            }
        }
    }

    private bool TryDrawUnchanged(PixelBuffer gray, Span<float> canvas)
    {
        var (width, height) = Orientation.SwapsAxes(gray.Origin)
            ? (gray.Height, gray.Width)
            : (gray.Width, gray.Height);
        if (width != _width || height != _height)
        {
            return false;
        }

        var length = width * height;
        var rented = ArrayPool<float>.Shared.Rent(length);
        var ink = rented.AsSpan(0, length);
        var isDarkInk = IsBorderLight(gray);
        for (var y = 0; y < gray.Height; y++)
        {
            var row = gray.Row(y);
            var target = ink[(y * gray.Width)..];
            for (var x = 0; x < row.Length; x++)
            {
                target[x] = isDarkInk ? 255 - row[x] : row[x];
            }
        }

        Orientation.Copy(ink, gray.Width, gray.Height, 1, gray.Origin, canvas, _width, 0, 0);
        ArrayPool<float>.Shared.Return(rented);
        return HasMnistForm(canvas);
    }

    private static bool IsBorderLight(PixelBuffer gray)
    {
        int light = 0, total = 0;
        for (var y = 0; y < gray.Height; y++)
        {
            var row = gray.Row(y);
            var step = y == 0 || y == gray.Height - 1 || row.Length == 1 ? 1 : row.Length - 1;
            for (var x = 0; x < row.Length; x += step)
            {
                light += row[x] >= 128 ? 1 : 0;
                total++;
            }
        }

        return 2 * light > total;
    }

    // Every digit of MNIST has a largest value of at least 254, ink of at most 20 × 20 pixels including faint rims, and
    // its centre of mass in [14, 15), because its makers shifted by whole pixels. The margins allow for the effects of
    // JPEG.
    private bool HasMnistForm(ReadOnlySpan<float> ink)
    {
        const float Faint = 8, Clear = 64, Full = 200;
        int left = _width, right = -1, top = _height, bottom = -1;
        int faintLeft = _width, faintRight = -1, faintTop = _height, faintBottom = -1;
        float most = 0, mass = 0, massX = 0, massY = 0;
        for (var y = 0; y < _height; y++)
        {
            for (var x = 0; x < _width; x++)
            {
                var value = ink[(y * _width) + x];
                if (value < Faint)
                {
                    continue;
                }

                most = Math.Max(most, value);
                mass += value;
                massX += value * (x + 0.5f);
                massY += value * (y + 0.5f);
                (faintLeft, faintRight) = (Math.Min(faintLeft, x), Math.Max(faintRight, x));
                (faintTop, faintBottom) = (Math.Min(faintTop, y), Math.Max(faintBottom, y));
                if (value < Clear)
                {
                    continue;
                }

                (left, right) = (Math.Min(left, x), Math.Max(right, x));
                (top, bottom) = (Math.Min(top, y), Math.Max(bottom, y));
            }
        }

        if (most < Full)
        {
            return false;
        }

        var clearSide = Math.Max(right - left, bottom - top) + 1;
        var faintSide = Math.Max(faintRight - faintLeft, faintBottom - faintTop) + 1;
        return clearSide <= _boxSide
            && faintSide >= 0.9 * _boxSide
            && Math.Abs((massX / mass) - (_width / 2) - 0.5f) <= 0.75f
            && Math.Abs((massY / mass) - (_height / 2) - 0.5f) <= 0.75f;
    }

    private void DrawFitted(PixelBuffer ink, InkBox box, Span<float> canvas)
    {
        var scale = (double)Math.Max(box.Width, box.Height) / _boxSide;
        var columns = Math.Clamp((int)Math.Ceiling((box.Width / scale) - 1e-6), 1, _boxSide);
        var rows = Math.Clamp((int)Math.Ceiling((box.Height / scale) - 1e-6), 1, _boxSide);
        var left = box.Left + ((box.Width - (columns * scale)) / 2);
        var top = box.Top + ((box.Height - (rows * scale)) / 2);
        var filter = scale >= 1 ? ResamplingFilter.Area : ResamplingFilter.Triangle;
        using var columnWeights = new AxisWeights(ink.Width, left, scale, columns, filter, zeroOutside: true);
        using var rowWeights = new AxisWeights(ink.Height, top, scale, rows, filter, zeroOutside: true);

        var length = columns * rows;
        var rented = ArrayPool<float>.Shared.Rent(2 * length);
        var stored = rented.AsSpan(0, length);
        var upright = rented.AsSpan(length, length);
        Resampler.Resample(ink, stored, columns, columnWeights, rows, rowWeights);
        Strengthen(stored);

        if (Orientation.SwapsAxes(ink.Origin))
        {
            Orientation.Copy(stored, columns, rows, 1, ink.Origin, upright, rows, 0, 0);
        }
        else
        {
            Orientation.Copy(stored, columns, rows, 1, ink.Origin, upright, columns, 0, 0);
        }

        if (Orientation.SwapsAxes(ink.Origin))
        {
            (columns, rows) = (rows, columns);
        }

        PlaceByCentreOfMass(upright, columns, rows, canvas);
        ArrayPool<float>.Shared.Return(rented);
    }

    // A pen much thinner than a pixel of the model leaves only a trace of grey, which is brought back to full ink.
    private static void Strengthen(Span<float> patch)
    {
        var most = 0f;
        foreach (var value in patch)
        {
            most = Math.Max(most, value);
        }

        if (most is <= 0 or >= 254)
        {
            return;
        }

        for (var i = 0; i < patch.Length; i++)
        {
            patch[i] *= 255 / most;
        }
    }

    private void PlaceByCentreOfMass(ReadOnlySpan<float> patch, int columns, int rows, Span<float> canvas)
    {
        double mass = 0, massX = 0, massY = 0;
        for (var y = 0; y < rows; y++)
        {
            for (var x = 0; x < columns; x++)
            {
                double value = patch[(y * columns) + x];
                mass += value;
                massX += value * (x + 0.5);
                massY += value * (y + 0.5);
            }
        }

        if (mass <= 0)
        {
            return;
        }

        var left = Math.Clamp((_width / 2) - (int)(massX / mass), 0, _width - columns);
        var top = Math.Clamp((_height / 2) - (int)(massY / mass), 0, _height - rows);
        for (var y = 0; y < rows; y++)
        {
            patch.Slice(y * columns, columns).CopyTo(canvas[(((top + y) * _width) + left)..]);
        }
    }
}

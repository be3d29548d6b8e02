namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Replaces a grey drawing, whatever its paper and pen, by its ink: 0 is ground and 255 is full ink.
/// </summary>
internal static class InkExtractor
{
    // Differences are counted in bins from −255 to 255.
    private const int Bins = 511;
    private const int Zero = 255;

    // Twelve grey levels are hardly visible. Nobody draws with less, and dithering and JPEG cause as much.
    private const double MinContrast = 12;

    // In standard deviations of the noise: a level that noise hardly reaches, and one that the ink as a whole must
    // exceed.
    private const double NoiseFloor = 4;
    private const double MinInkOverNoise = 5.5;

    // No sensor is noisier. A ground with more has a texture or the edge of a shadow, and is searched for ink all the
    // same.
    private const double MaxNoise = 20;

    /// <returns>Whether there is ink: something that stands out from the ground.</returns>
    public static bool TryExtract(PixelBuffer gray)
    {
        var ground = GroundSurface.Fit(gray);
        var level = ground.IsEven ? ground.Level : ground.Flatten(gray);

        Span<int> differences = stackalloc int[Bins];
        differences.Clear();
        var levels = differences.Slice(Zero - level, 256);
        for (var y = 0; y < gray.Height; y++)
        {
            foreach (var pixel in gray.Row(y))
            {
                levels[pixel]++;
            }
        }

        var sign = InkSign(differences);
        Span<int> contrasts = stackalloc int[256];
        for (var i = 0; i < 256; i++)
        {
            contrasts[i] = differences[Zero + (sign * i)];
        }

        var noise = Noise(differences, sign);
        contrasts[..(int)Math.Min(256, Math.Max(MinContrast, NoiseFloor * noise))].Clear();
        if (Total(contrasts) == 0)
        {
            return false;
        }

        // What remains is ink, its soft rims, and perhaps the edge of a shadow. Only the upper class is certainly ink.
        contrasts[..(Histogram.OtsuThreshold(contrasts) + 1)].Clear();
        var full = Histogram.Quantile(contrasts, Total(contrasts), 0.8);
        if (full < MinInkOverNoise * noise)
        {
            return false;
        }

        var least = Math.Min(3 * noise, full / 2.0);

        Span<byte> ink = stackalloc byte[256];
        for (var pixel = 0; pixel < 256; pixel++)
        {
            ink[pixel] = (byte)Math.Clamp(((((pixel - level) * sign) - least) * 255 / (full - least)) + 0.5, 0, 255);
        }

        for (var y = 0; y < gray.Height; y++)
        {
            var row = gray.Row(y);
            for (var x = 0; x < row.Length; x++)
            {
                row[x] = ink[row[x]];
            }
        }

        return true;
    }

    // The ground was estimated from the border, and ink stands out from it by far more than shading does. So the third
    // power of the difference decides whether ink is the darker or the lighter side.
    private static int InkSign(ReadOnlySpan<int> differences)
    {
        double darker = 0, lighter = 0;
        for (var i = 1; i <= 255; i++)
        {
            var weight = (double)i * i * i;
            darker += differences[Zero - i] * weight;
            lighter += differences[Zero + i] * weight;
        }

        return lighter > darker ? 1 : -1;
    }

    // The standard deviation of the ground's noise, from the median difference on the side away from the ink, where
    // there is only noise. On the other side, a tightly cropped digit and its soft rims may be more than half of the
    // picture.
    private static double Noise(ReadOnlySpan<int> differences, int sign)
    {
        Span<int> distances = stackalloc int[256];
        for (var i = 0; i < 256; i++)
        {
            distances[i] = differences[Zero - (sign * i)];
        }

        return Math.Min(MaxNoise, 1.4826 * Histogram.Quantile(distances, Total(distances), 0.5));
    }

    private static long Total(ReadOnlySpan<int> histogram)
    {
        long total = 0;
        foreach (var count in histogram)
        {
            total += count;
        }

        return total;
    }
}

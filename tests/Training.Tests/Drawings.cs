using SoftmaxService.Training.Data;

namespace SoftmaxService.Training.Tests;

/// <summary>
/// Digit-like images of 28×28: rings (class 0) and bars (class 1) of many positions and sizes, with soft edges as in
/// MNIST.
/// </summary>
internal static class Drawings
{
    private const int Size = 28;

    public static LabelledImages RingsAndBars(int count, int seed = 1)
    {
        var random = new Random(seed);
        var pixels = new byte[count * Size * Size];
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = (byte)(i % 2);
            var (centreX, centreY) = (14 + (random.NextDouble() * 4) - 2, 14 + (random.NextDouble() * 4) - 2);
            var (radius, pen) = (5 + (random.NextDouble() * 4), 1 + random.NextDouble());
            for (var p = 0; p < Size * Size; p++)
            {
                var (x, y) = ((p % Size) - centreX, (p / Size) - centreY);
                var fromLine = labels[i] == 0
                    ? Math.Abs(Math.Sqrt((x * x) + (y * y)) - radius)
                    : Math.Max(Math.Abs(x + (y * 0.2)), Math.Abs(y) - radius);
                pixels[(i * Size * Size) + p] = (byte)(255 * Math.Clamp(pen + 0.5 - fromLine, 0, 1));
            }
        }

        return new LabelledImages(1, Size, Size, pixels, labels);
    }

    /// <summary>Colour noise of 32×32: reddish (class 0) and bluish (class 1).</summary>
    public static LabelledImages RedAndBlue(int count, int seed = 1)
    {
        const int Plane = 32 * 32;
        var random = new Random(seed);
        var (pixels, labels) = (new byte[count * 3 * Plane], new byte[count]);
        for (var i = 0; i < pixels.Length; i++)
        {
            var (image, channel) = (i / (3 * Plane), i / Plane % 3);
            labels[image] = (byte)(image % 2);
            pixels[i] = (byte)(random.Next(100) + (channel == 2 * labels[image] ? 150 : 0));
        }

        return new LabelledImages(3, 32, 32, pixels, labels);
    }
}

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>
/// The form of MNIST's digits: in a box of 20 × 20 of 28 × 28 pixels, the centre of its mass in the middle.
/// </summary>
internal static class MnistForm
{
    public const int Side = 28;

    public static void AssertSame(float[] expected, float[] actual, double mean)
    {
        AssertIs(actual, Side);
        var distance = expected.Zip(actual, (left, right) => Math.Abs(left - right)).Average();
        Assert.True(distance <= mean, $"The mean difference is {distance:F2} of 255.");
    }

    public static void AssertIs(float[] tensor, int side)
    {
        double mass = 0, massX = 0, massY = 0;
        int left = side, right = -1, top = side, bottom = -1;
        for (var i = 0; i < tensor.Length; i++)
        {
            var (y, x) = Math.DivRem(i, side);
            Assert.InRange(tensor[i], 0, 255.01f);
            mass += tensor[i];
            massX += tensor[i] * (x + 0.5);
            massY += tensor[i] * (y + 0.5);
            if (tensor[i] >= 8)
            {
                (left, right, top, bottom) = (
                    Math.Min(left, x), Math.Max(right, x), Math.Min(top, y), Math.Max(bottom, y));
            }
        }

        var box = (int)Math.Round(side * 20 / 28.0);
        Assert.Equal(box, Math.Max(right - left, bottom - top) + 1);
        Assert.Equal(side / 2, (int)(massX / mass));
        Assert.Equal(side / 2, (int)(massY / mass));
    }
}

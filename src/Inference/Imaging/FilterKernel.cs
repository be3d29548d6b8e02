namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// The kernels of <see cref="ImageFilter"/>, as in Pillow's <c>src/libImaging/Resample.c</c>
/// (https://github.com/python-pillow/Pillow). Distances are in source pixels, or in target pixels where the kernel is
/// widened.
/// </summary>
internal static class FilterKernel
{
    // Keys' parameter. OpenCV's cubic has -0.75 and is another filter.
    private const double CubicA = -0.5;

    /// <summary>The distance from which on a kernel is 0.</summary>
    public static double SupportOf(ImageFilter filter) => filter switch
    {
        ImageFilter.Box => 0.5,
        ImageFilter.Bilinear or ImageFilter.Hamming => 1,
        ImageFilter.Bicubic => 2,
        ImageFilter.Lanczos => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "It has no kernel."),
    };

    /// <summary>The weight of a pixel at a signed distance, before the weights are divided by their sum.</summary>
    public static double WeightAt(ImageFilter filter, double distance) => filter switch
    {
        // The upper edge is part of the box: a pixel between two boxes belongs to one of them.
        ImageFilter.Box => distance is > -0.5 and <= 0.5 ? 1 : 0,
        ImageFilter.Bilinear => Math.Max(0, 1 - Math.Abs(distance)),
        ImageFilter.Hamming => Hamming(Math.Abs(distance)),
        ImageFilter.Bicubic => Cubic(Math.Abs(distance)),
        ImageFilter.Lanczos => distance is >= -3 and < 3 ? Sinc(distance) * Sinc(distance / 3) : 0,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "It has no kernel."),
    };

    private static double Hamming(double x) => x >= 1 ? 0 : Sinc(x) * (0.54 + (0.46 * Math.Cos(x * Math.PI)));

    private static double Cubic(double x) => x switch
    {
        < 1 => ((((CubicA + 2) * x) - (CubicA + 3)) * x * x) + 1,
        < 2 => ((((x - 5) * x) + 8) * x - 4) * CubicA,
        _ => 0,
    };

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}

using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// The image properties of ONNX (https://github.com/onnx/onnx/blob/main/docs/MetadataProps.md), in the graph's metadata
/// or in Custom Vision's <c>metadata_properties.json</c>.
/// </summary>
internal static class ImageProperties
{
    private const string Format = "Image.BitmapPixelFormat";
    private const string Gamma = "Image.ColorSpaceGamma";
    private const string Range = "Image.NominalPixelRange";

    /// <param name="file">Where they are, for sources.</param>
    /// <param name="find">The value of a property; null if it is absent.</param>
    public static StatedModel Read(string file, Func<string, string?> find)
    {
        var stated = DescribeRange(file, find(Range), DescribeFormat(file, find(Format)));
        return find(Gamma) is { } gamma && !Is(gamma, "SRGB")
            ? stated.Warn($"{file}: {Gamma} is '{Quoting.Shorten(gamma)}', but pixels are given to the model as sRGB")
            : stated;
    }

    private static StatedModel DescribeFormat(string file, string? format)
    {
        PixelColor? color = format switch
        {
            null => null,
            _ when Is(format, "Gray8") => PixelColor.Gray,
            _ when Is(format, "Rgb8") => PixelColor.Rgb,
            _ when Is(format, "Bgr8") => PixelColor.Bgr,
            _ => null,
        };
        return (format, color) switch
        {
            (null, _) => new StatedModel(),
            (_, { } known) => new StatedModel
            {
                Color = new Stated<PixelColor>(known, $"{file}: {Format}"),
                Channels = new Stated<int>(known == PixelColor.Gray ? 1 : 3, $"{file}: {Format}"),
            },
            _ => StatedModel.OnlyWarning(
                $"{file}: {Format} is '{Quoting.Shorten(format)}'; Gray8, Rgb8 and Bgr8 are read"),
        };
    }

    private static StatedModel DescribeRange(string file, string? range, StatedModel stated)
    {
        // A pixel of 0 becomes the lower end of the range, one of 255 the upper end.
        (double Scale, float Mean)? values = range switch
        {
            null => null,
            _ when Is(range, "NominalRange_0_255") => (1, 0),
            _ when Is(range, "Normalized_0_1") => (1.0 / 255.0, 0),
            _ when Is(range, "Normalized_1_1") => (1.0 / 127.5, 1),
            _ when Is(range, "NominalRange_16_235") => (219.0 / 255.0, -16),
            _ => null,
        };
        return (range, values) switch
        {
            (null, _) => stated,
            (_, var (scale, mean)) => stated with
            {
                Scale = new Stated<double>(scale, $"{file}: {Range}"),
                Mean = new Stated<IReadOnlyList<float>>([mean], $"{file}: {Range}"),
                Std = new Stated<IReadOnlyList<float>>([1], $"{file}: {Range}"),
            },
            _ => stated.Warn($"{file}: {Range} is '{Quoting.Shorten(range)}', which is not read", DoubtAbout.Scaling),
        };
    }

    private static bool Is(string value, string name) => string.Equals(value, name, StringComparison.OrdinalIgnoreCase);
}

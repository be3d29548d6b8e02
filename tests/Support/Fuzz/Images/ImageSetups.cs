using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>The inputs of models of realistic sizes; each image goes to some of them.</summary>
public static class ImageSetups
{
    /// <summary>Larger images are rejected, so that a trial of hundreds of thousands takes minutes.</summary>
    public const long MaxPixels = 2_000_000;

    private const int PerImage = 2;

    public static IReadOnlyList<int> Sides { get; } = [28, 32, 64, 224, 299, 512];

    public static IReadOnlyList<ImageInput> All { get; } =
    [
        .. Sides.SelectMany(side => new[] { PixelColor.Gray, PixelColor.Rgb }.Select(color => Input(side, color))),
        Input(28, PixelColor.Gray) with { Foreground = Foreground.Light },
    ];

    public static IEnumerable<int> For(long number) => Enumerable.Range(0, PerImage)
        .Select(i => (int)((number + (i * 4)) % All.Count));

    private static ImageInput Input(int side, PixelColor color)
    {
        var channels = color == PixelColor.Gray ? 1 : 3;
        return new ImageInput
        {
            Channels = channels,
            Height = side,
            Width = side,
            Color = color,
            Mean = new float[channels],
            Std = [.. Enumerable.Repeat(1f, channels)],
            Resize = (ResizeMode)(side % 3),
        };
    }
}

namespace SoftmaxService.Cli.Data;

/// <summary>
/// Images of pixels that are uniform in 0…255 and independent: what no classifier was trained on. The same for the same
/// seed.
/// </summary>
internal sealed class UniformNoise(int count, int channels, int height, int width, int seed) : IImageSet
{
    /// <summary>The word that asks for it in place of a path.</summary>
    public const string Keyword = "noise";

    public string Name => "uniform noise";

    public int Count => count;

    public IEnumerable<LabelledImage> Read(Selection selection)
    {
        var random = new Random(seed);
        var pixels = new byte[channels * height * width];
        for (var index = 0; index < selection.End; index++)
        {
            random.NextBytes(pixels);
            if (selection.Contains(index))
            {
                yield return new LabelledImage(
                    $"noise {index}",
                    -1,
                    channels == 1
                        ? PngEncoding.FromGray(pixels, width, height)
                        : PngEncoding.FromPlanes(pixels, width, height));
            }
        }
    }
}

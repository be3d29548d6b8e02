using SoftmaxService.Training.Data;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Cifar10;

/// <summary>
/// What is done to one image on its way into a batch; <c>Cut</c> is what is blanked out, as it lies in the batch.
/// </summary>
internal readonly record struct Placement(
    int Image,
    bool Mirrored = false,
    int ShiftX = 0,
    int ShiftY = 0,
    Square Cut = default);

/// <summary>The pixels from a corner on, right and down.</summary>
internal readonly record struct Square(int X, int Y, int Size)
{
    public bool Contains(int x, int y) => (uint)(x - X) < (uint)Size && (uint)(y - Y) < (uint)Size;
}

/// <summary>
/// Makes normalised batches. Their shape is <c>[count, channels, height, width]</c>, but channels lie next to each
/// other in memory: oneDNN computes a third faster so, and TorchSharp has no other way to ask for it.
/// </summary>
internal sealed class ImageBatches
{
    private readonly LabelledImages _images;
    private readonly float[] _normalized; // one row of 256 a channel

    public ImageBatches(LabelledImages images, double scale, float[] mean, float[] std)
    {
        _images = images;
        _normalized =
        [
            .. Enumerable
                .Range(0, images.Channels * 256)
                .Select(i => (((i & 255) * (float)scale) - mean[i >> 8]) / std[i >> 8]),
        ];
    }

    public Tensor Make(ReadOnlySpan<Placement> placements)
    {
        var (channels, height, width) = (_images.Channels, _images.Height, _images.Width);
        var pixels = new float[placements.Length * _images.BytesPerImage];
        var target = 0;
        foreach (var placement in placements)
        {
            var source = _images.Pixels.AsSpan(placement.Image * _images.BytesPerImage, _images.BytesPerImage);
            for (var y = 0; y < height; y++)
            {
                var row = Reflect(y + placement.ShiftY, height) * width;
                for (var x = 0; x < width; x++)
                {
                    if (placement.Cut.Contains(x, y))
                    {
                        target += channels; // 0 is the mean of all images
                        continue;
                    }

                    var column = Reflect(x + placement.ShiftX, width);
                    var pixel = row + (placement.Mirrored ? width - 1 - column : column);
                    for (var channel = 0; channel < channels; channel++)
                    {
                        pixels[target++] = _normalized[(channel << 8) + source[(channel * height * width) + pixel]];
                    }
                }
            }
        }

        return tensor(pixels, [placements.Length, height, width, channels]).permute(0, 3, 1, 2);
    }

    /// <summary>Images as they are, <paramref name="count"/> of them from <paramref name="start"/> on.</summary>
    public Tensor MakePlain(int start, int count) =>
        Make([.. Enumerable.Range(start, count).Select(image => new Placement(image))]);

    /// <summary>Beyond an edge comes the mirror image of what is before it, the edge itself not repeated.</summary>
    private static int Reflect(int position, int size) =>
        position < 0 ? -position
        : position >= size ? (2 * (size - 1)) - position
        : position;
}

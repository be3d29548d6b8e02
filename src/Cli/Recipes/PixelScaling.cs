namespace SoftmaxService.Cli.Recipes;

/// <summary>From pixels to numbers: <c>(pixel · scale − mean) / std</c>, with pixels from 0 to 255.</summary>
/// <param name="Scale">The factor.</param>
/// <param name="Mean">One value for all channels or one per channel, in the order of the tensor.</param>
/// <param name="Std">As many.</param>
internal sealed record PixelScaling(double Scale, IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>Whether each image is standardized by itself afterwards.</summary>
    public bool Standardize { get; init; }

    /// <summary>The same for channels in reverse order.</summary>
    public PixelScaling Reversed => this with { Mean = [.. Mean.Reverse()], Std = [.. Std.Reverse()] };

    /// <summary>The same for the negative of an image, where a pixel p is 255 − p.</summary>
    public PixelScaling Inverted => this with
    {
        Scale = -Scale,
        Mean = [.. Mean.Select(mean => (float)(mean - (byte.MaxValue * Scale)))],
    };

    /// <summary>Pixels from 0 to 1, less a mean and over a standard deviation.</summary>
    public static PixelScaling OfUnit(IReadOnlyList<float> mean, IReadOnlyList<float> std) => new(1.0 / 255, mean, std);

    /// <summary>Whether there is one value for all channels, or one for each.</summary>
    public bool Fits(int channels) =>
        (Mean.Count == 1 || Mean.Count == channels) && (Std.Count == 1 || Std.Count == channels);

    /// <summary>A channel's number for a pixel.</summary>
    public double Element(double pixel, int channel) => ((pixel * Scale) - Of(Mean, channel)) / Of(Std, channel);

    /// <summary>
    /// How far another scaling is from this one, in levels of 255: the largest difference between a pixel and the pixel
    /// for which this scaling gives the other's number.
    /// </summary>
    public double LevelsTo(PixelScaling other, int channels)
    {
        if (Standardize || other.Standardize)
        {
            var areAlike = Standardize && other.Standardize && Math.Sign(Scale) == Math.Sign(other.Scale);
            return areAlike ? 0 : byte.MaxValue;
        }

        var largest = 0.0;
        for (var channel = 0; channel < channels; channel++)
        {
            foreach (var pixel in (ReadOnlySpan<int>)[0, byte.MaxValue])
            {
                var same = ((other.Element(pixel, channel) * Of(Std, channel)) + Of(Mean, channel)) / Scale;
                largest = Math.Max(largest, Math.Abs(same - pixel));
            }
        }

        return largest;
    }

    private static float Of(IReadOnlyList<float> values, int channel) =>
        values.Count == 1 ? values[0] : values[channel];
}

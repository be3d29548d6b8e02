namespace SoftmaxService.Cli.Recipes;

/// <summary>From pixels to numbers: <c>(pixel · scale − mean) / std</c>, with pixels from 0 to 255.</summary>
/// <param name="Scale">The factor.</param>
/// <param name="Mean">One value for all channels or one per channel, in the order of the tensor.</param>
/// <param name="Std">As many.</param>
internal sealed record PixelScaling(double Scale, IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>Pixels from 0 to 1, less a mean and over a standard deviation.</summary>
    public static PixelScaling OfUnit(IReadOnlyList<float> mean, IReadOnlyList<float> std) => new(1.0 / 255, mean, std);

    /// <summary>Whether there is one value for all channels, or one for each.</summary>
    public bool Fits(int channels) =>
        (Mean.Count == 1 || Mean.Count == channels) && (Std.Count == 1 || Std.Count == channels);
}

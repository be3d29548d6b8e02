using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>
/// Judges recipes by the maker's tensor. Its scaling need not be guessed: for each recipe, the line from the pixels to
/// the tensor's elements is fitted by least squares, channel by channel, in both orders of colours.
/// </summary>
/// <param name="image">The encoded image.</param>
/// <param name="given">The maker's tensor as channel planes.</param>
internal sealed class TensorJudge(byte[] image, float[] given)
{
    // In levels: as much better must fitted numbers be than those of a name.
    private const double Advantage = 0.1;

    /// <summary>The mean difference in levels with the scaling that fits best. The recipe is not changed.</summary>
    public Candidate Judge(ImageInput recipe) => new(recipe, Fitted(recipe).Distance);

    /// <summary>The recipe with the order of colours and the scaling that fit best.</summary>
    public Candidate Fitted(ImageInput recipe)
    {
        var levels = LevelsOf(recipe);
        PixelColor[] colors = recipe.Color switch
        {
            PixelColor.Gray => [PixelColor.Gray],
            PixelColor.Bgr => [PixelColor.Bgr, PixelColor.Rgb],
            _ => [PixelColor.Rgb, PixelColor.Bgr],
        };
        return colors
            .Select(color => Fit(recipe with { Color = color }, levels))
            .MinBy(candidate => candidate.Distance)!; // there is at least one
    }

    /// <summary>The recipe's difference, with the scaling that it states.</summary>
    public TensorDifference Compare(ImageInput recipe)
    {
        var planes = new float[recipe.ElementCount];
        new ImagePreprocessor(recipe with { Layout = TensorLayout.ChannelsFirst }).Preprocess(image, planes);
        return TensorDifference.Of(planes, given, recipe);
    }

    /// <summary>
    /// The recipe with the served or a well-known scaling in place of the fitted one, if it is as good.
    /// </summary>
    public ImageInput WithKnownScaling(ImageInput fitted, ImageInput served)
    {
        ImageInput[] known =
        [
            fitted with
            {
                Scale = served.Scale, Mean = served.Mean, Std = served.Std, Standardize = served.Standardize,
            },
            .. RecipeCatalog.All
                .Where(named => named.Values.Fits(fitted.Channels))
                .Select(named => RecipeFields.WithScaling(fitted, named.Values)),
        ];
        var (best, difference) = known
            .Select(recipe => (recipe, Compare(recipe).MeanLevels))
            .MinBy(pair => pair.MeanLevels);
        return difference <= Compare(fitted).MeanLevels + Advantage ? best : fitted;
    }

    private float[] LevelsOf(ImageInput recipe)
    {
        var levels = new float[recipe.ElementCount];
        new ImagePreprocessor(recipe with
        {
            Layout = TensorLayout.ChannelsFirst,
            Color = recipe.Color == PixelColor.Gray ? PixelColor.Gray : PixelColor.Rgb,
            Scale = 1,
            Mean = new float[recipe.Channels],
            Std = [.. Enumerable.Repeat(1f, recipe.Channels)],
            Standardize = false,
        }).Preprocess(image, levels);
        return levels;
    }

    private Candidate Fit(ImageInput recipe, float[] levels)
    {
        var pixels = recipe.Width * recipe.Height;
        var (factors, offsets, distance) = (new double[recipe.Channels], new double[recipe.Channels], 0.0);
        for (var channel = 0; channel < recipe.Channels; channel++)
        {
            var source = recipe.Color == PixelColor.Bgr ? recipe.Channels - 1 - channel : channel;
            var x = levels.AsSpan(source * pixels, pixels);
            var y = given.AsSpan(channel * pixels, pixels);
            (factors[channel], offsets[channel]) = Line(x, y);
            distance += Residual(x, y, factors[channel], offsets[channel]) / recipe.Channels;
        }

        return new Candidate(
            double.IsFinite(distance) ? WithLine(recipe, factors, offsets) : recipe,
            double.IsFinite(distance) ? distance : double.MaxValue);
    }

    private static (double Factor, double Offset) Line(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var (meanX, meanY) = (0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            meanX += x[i];
            meanY += y[i];
        }

        (meanX, meanY) = (meanX / x.Length, meanY / x.Length);
        var (covariance, variance) = (0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            covariance += (x[i] - meanX) * (y[i] - meanY);
            variance += (x[i] - meanX) * (x[i] - meanX);
        }

        var factor = covariance / variance; // NaN for a plain channel, which no line can be fitted to
        return (factor, meanY - (factor * meanX));
    }

    /// <summary>In levels.</summary>
    private static double Residual(ReadOnlySpan<float> x, ReadOnlySpan<float> y, double factor, double offset)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            sum += Math.Abs(y[i] - (factor * x[i]) - offset);
        }

        return sum / x.Length / Math.Abs(factor);
    }

    // As makers write it: for pixels from 0 to 1, or for levels.
    private static ImageInput WithLine(ImageInput recipe, double[] factors, double[] offsets)
    {
        var scale = (factors[0] < 0 ? -1 : 1) * (Math.Abs(factors[0]) < 0.1 ? 1 / 255.0 : 1);
        return recipe with
        {
            Scale = (float)scale,
            Mean = [.. factors.Zip(offsets, (factor, offset) => Short(-offset * scale / factor))],
            Std = [.. factors.Select(factor => Short(scale / factor))],
            Standardize = false,
        };
    }

    /// <summary>With five significant digits.</summary>
    private static float Short(double value) => float.Parse(
        value.ToString("G5", System.Globalization.CultureInfo.InvariantCulture),
        System.Globalization.CultureInfo.InvariantCulture);
}

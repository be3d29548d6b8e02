using System.Buffers;
using System.Numerics;
using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>
/// Judges recipes by the maker's tensor. Its scaling need not be guessed: for each recipe, the line from the pixels to
/// the tensor's elements is fitted by least squares, channel by channel, in both orders of colours.
/// </summary>
/// <param name="image">The image.</param>
/// <param name="given">The maker's tensor as channel planes.</param>
internal sealed class TensorJudge(DecodedImage image, float[] given)
{
    // In levels: as much better must fitted numbers be than those of a name.
    private const double Advantage = 0.1;

    // Of a channel: enough to rank recipes.
    private const int JudgedPixels = 8192;

    /// <summary>
    /// The mean difference in levels with the scaling that fits best, of pixels spread over the image. The recipe is
    /// not changed.
    /// </summary>
    public Candidate Judge(ImageInput recipe) => new(recipe, Fitted(recipe, StepFor(recipe)).Distance);

    /// <summary>The recipe with the order of colours and the scaling that fit best.</summary>
    public Candidate Fitted(ImageInput recipe) => Fitted(recipe, step: 1);

    private Candidate Fitted(ImageInput recipe, int step)
    {
        var levels = ArrayPool<float>.Shared.Rent(recipe.ElementCount);
        WriteLevels(recipe, levels);
        PixelColor[] colors = recipe.Color switch
        {
            PixelColor.Gray => [PixelColor.Gray],
            PixelColor.Bgr => [PixelColor.Bgr, PixelColor.Rgb],
            _ => [PixelColor.Rgb, PixelColor.Bgr],
        };
        var best = colors
            .Select(color => Fit(recipe with { Color = color }, levels, step))
            .MinBy(candidate => candidate.Distance)!; // there is at least one
        ArrayPool<float>.Shared.Return(levels);
        return best;
    }

    /// <summary>The recipe's difference, with the scaling that it states.</summary>
    public TensorDifference Compare(ImageInput recipe)
    {
        var planes = image.TensorBy(recipe with { Layout = TensorLayout.ChannelsFirst });
        return TensorDifference.Of(planes, given, recipe);
    }

    /// <summary>
    /// The recipe with the served or a well-known scaling in place of the fitted one, if it is as good.
    /// </summary>
    public ImageInput WithKnownScaling(ImageInput fitted, ImageInput served)
    {
        var tolerable = Compare(fitted).MeanLevels + Advantage;
        var present = fitted with
        {
            Scale = served.Scale,
            Mean = served.Mean,
            Std = served.Std,
            Standardize = served.Standardize,
        };
        if (Compare(present).MeanLevels <= tolerable)
        {
            return present;
        }

        var (best, difference) = RecipeCatalog.All
            .Where(named => named.Values.Fits(fitted.Channels))
            .Select(named => RecipeFields.WithScaling(fitted, named.Values))
            .Select(recipe => (recipe, Compare(recipe).MeanLevels))
            .MinBy(pair => pair.MeanLevels);
        return difference <= tolerable ? best : fitted;
    }

    private void WriteLevels(ImageInput recipe, float[] levels)
    {
        var plain = recipe with
        {
            Layout = TensorLayout.ChannelsFirst,
            Color = recipe.Color == PixelColor.Gray ? PixelColor.Gray : PixelColor.Rgb,
            Scale = 1,
            Mean = new float[recipe.Channels],
            Std = [.. Enumerable.Repeat(1f, recipe.Channels)],
            Standardize = false,
        };
        image.WriteTensor(plain, levels);
    }

    // Not a divisor of the width, or only some columns were seen.
    private static int StepFor(ImageInput recipe)
    {
        var step = Math.Max(1, recipe.Width * recipe.Height / JudgedPixels);
        while (BigInteger.GreatestCommonDivisor(step, recipe.Width) > 1)
        {
            step++;
        }

        return step;
    }

    private Candidate Fit(ImageInput recipe, float[] levels, int step)
    {
        var pixels = recipe.Width * recipe.Height;
        var (factors, offsets, distance) = (new double[recipe.Channels], new double[recipe.Channels], 0.0);
        for (var channel = 0; channel < recipe.Channels; channel++)
        {
            var source = recipe.Color == PixelColor.Bgr ? recipe.Channels - 1 - channel : channel;
            var x = levels.AsSpan(source * pixels, pixels);
            var y = given.AsSpan(channel * pixels, pixels);
            (factors[channel], offsets[channel]) = Line(x, y, step);
            distance += Residual(x, y, step, factors[channel], offsets[channel]) / recipe.Channels;
        }

        return new Candidate(
            double.IsFinite(distance) ? WithLine(recipe, factors, offsets) : recipe,
            double.IsFinite(distance) ? distance : double.MaxValue);
    }

    private static (double Factor, double Offset) Line(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int step)
    {
        var (meanX, meanY) = (0.0, 0.0);
        for (var i = 0; i < x.Length; i += step)
        {
            meanX += x[i];
            meanY += y[i];
        }

        var count = CountOf(x, step);
        (meanX, meanY) = (meanX / count, meanY / count);
        var (covariance, variance) = (0.0, 0.0);
        for (var i = 0; i < x.Length; i += step)
        {
            covariance += (x[i] - meanX) * (y[i] - meanY);
            variance += (x[i] - meanX) * (x[i] - meanX);
        }

        var factor = covariance / variance; // NaN for a plain channel, which no line can be fitted to
        return (factor, meanY - (factor * meanX));
    }

    /// <summary>In levels.</summary>
    private static double Residual(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, int step, double factor, double offset)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i += step)
        {
            sum += Math.Abs(y[i] - (factor * x[i]) - offset);
        }

        return sum / CountOf(x, step) / Math.Abs(factor);
    }

    private static int CountOf(ReadOnlySpan<float> values, int step) => (values.Length + step - 1) / step;

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

using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>How far two input tensors are apart, in the model's units and in 8-bit levels.</summary>
internal sealed record TensorDifference
{
    /// <summary>The mean difference of tensors that agree, in levels.</summary>
    public const double MaxMean = 0.5;

    /// <summary>The largest difference of all but a thousandth of their elements, in levels.</summary>
    public const double MaxLevels = 2;

    /// <summary>The share of elements that must be within <see cref="MaxLevels"/>.</summary>
    public const double Share = 0.999;

    /// <summary>The mean absolute difference in the model's units.</summary>
    public required double Mean { get; init; }

    /// <summary>The largest absolute difference in the model's units.</summary>
    public required double Max { get; init; }

    /// <summary>The channel of the largest difference, in the order of the tensor.</summary>
    public required int Channel { get; init; }

    /// <summary>Its row, from 0 at the top.</summary>
    public required int Row { get; init; }

    /// <summary>Its column, from 0 at the left.</summary>
    public required int Column { get; init; }

    /// <summary>The service's element there.</summary>
    public required double Served { get; init; }

    /// <summary>The maker's element there.</summary>
    public required double Given { get; init; }

    /// <summary>The mean difference in levels: steps of one 255th of the way from black to white.</summary>
    public required double MeanLevels { get; init; }

    /// <summary>The largest difference in levels.</summary>
    public required double MostLevels { get; init; }

    /// <summary>The share of elements that differ by at most <see cref="MaxLevels"/>.</summary>
    public required double WithinTwoLevels { get; init; }

    /// <summary>Whether the tensors agree.</summary>
    public bool Agrees => MeanLevels <= MaxMean && WithinTwoLevels >= Share;

    /// <param name="served">Channel planes by a recipe.</param>
    /// <param name="given">The maker's channel planes.</param>
    /// <param name="recipe">The recipe, whose scaling says what a level is.</param>
    public static TensorDifference Of(ReadOnlySpan<float> served, ReadOnlySpan<float> given, ImageInput recipe)
    {
        var pixels = recipe.Width * recipe.Height;
        var (sum, sumLevels, max, mostLevels, at, within) = (0.0, 0.0, -1.0, 0.0, 0, 0);
        for (var i = 0; i < served.Length; i++)
        {
            var difference = Math.Abs((double)served[i] - given[i]);
            var levels = difference * Math.Abs(recipe.Std[i / pixels] / recipe.Scale);
            sum += difference;
            sumLevels += levels;
            mostLevels = Math.Max(mostLevels, levels);
            within += levels <= MaxLevels ? 1 : 0;
            if (difference > max)
            {
                (max, at) = (difference, i);
            }
        }

        return new TensorDifference
        {
            Mean = sum / served.Length,
            Max = max,
            Channel = at / pixels,
            Row = at % pixels / recipe.Width,
            Column = at % recipe.Width,
            Served = served[at],
            Given = given[at],
            MeanLevels = sumLevels / served.Length,
            MostLevels = mostLevels,
            WithinTwoLevels = (double)within / served.Length,
        };
    }
}

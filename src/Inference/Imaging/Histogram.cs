namespace SoftmaxService.Inference.Imaging;

internal static class Histogram
{
    /// <summary>The lowest bin at which the given share of all counts is reached.</summary>
    public static int Quantile(ReadOnlySpan<int> histogram, long total, double part)
    {
        long reached = 0;
        for (var bin = 0; bin < histogram.Length; bin++)
        {
            reached += histogram[bin];
            if (reached > 0 && reached >= total * part)
            {
                return bin;
            }
        }

        return histogram.Length - 1;
    }

    /// <summary>
    /// N. Otsu's threshold (1979): the bin that divides the counts into two classes whose means lie farthest apart,
    /// weighted by the classes' sizes. Values above the returned bin are the upper class.
    /// </summary>
    public static int OtsuThreshold(ReadOnlySpan<int> histogram)
    {
        double total = 0, sum = 0;
        for (var bin = 0; bin < histogram.Length; bin++)
        {
            total += histogram[bin];
            sum += (double)bin * histogram[bin];
        }

        double below = 0, sumBelow = 0, best = -1;
        var threshold = 0;
        for (var bin = 0; bin < histogram.Length; bin++)
        {
            below += histogram[bin];
            sumBelow += (double)bin * histogram[bin];
            if (below == 0 || below == total)
            {
                continue;
            }

            var distance = (sumBelow / below) - ((sum - sumBelow) / (total - below));
            var variance = below * (total - below) * distance * distance;
            if (variance > best)
            {
                (best, threshold) = (variance, bin);
            }
        }

        return threshold;
    }
}

namespace SoftmaxService.Benchmarks;

/// <summary>Medians of measurements.</summary>
internal static class Medians
{
    /// <summary>The one in the middle, or the mean of the two there.</summary>
    /// <param name="values">At least one.</param>
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

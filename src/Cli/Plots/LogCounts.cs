using System.Globalization;
using ScottPlot;

namespace SoftmaxService.Cli.Plots;

/// <summary>Counts on an axis of powers of ten, which ScottPlot leaves to its caller.</summary>
internal static class LogCounts
{
    /// <summary>Where the axis begins: below one image, so that one has a bar.</summary>
    public const double Floor = -0.3;

    public static double Height(int count) => Math.Log10(Math.Max(count, 1));

    public static void SetTicks(IAxis axis, int highest)
    {
        var ticks = new ScottPlot.TickGenerators.NumericManual();
        for (var power = 0; power <= Height(highest) + 0.25; power++)
        {
            ticks.AddMajor(power, Math.Pow(10, power).ToString("N0", CultureInfo.InvariantCulture));
            for (var digit = 2; digit <= 9; digit++)
            {
                ticks.AddMinor(power + Math.Log10(digit));
            }
        }

        axis.TickGenerator = ticks;
    }
}

using System.Globalization;
using SoftmaxService.Cli.Evaluations;

namespace SoftmaxService.Cli.Reports;

/// <summary>Numbers as tables show them, on a page and on a terminal.</summary>
internal static class EvaluationText
{
    public static string Describe(Measurement measurement) => string.Create(
        CultureInfo.InvariantCulture,
        $"T = {measurement.Temperature:0.####}{(measurement.Source is "default" ? "" : $", {measurement.Source}")}");

    public static string WithInterval(Measured measured, bool isShare) => isShare
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * measured.Value:F2} % [{100 * measured.Low:F2}, {100 * measured.High:F2}]")
        : string.Create(CultureInfo.InvariantCulture, $"{measured.Value:F4} [{measured.Low:F4}, {measured.High:F4}]");

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F2} %");

    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

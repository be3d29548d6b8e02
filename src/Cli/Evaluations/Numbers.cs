using System.Globalization;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Cli.Evaluations;

/// <summary>Numbers as tables show them, on a page and on a terminal.</summary>
internal static class Numbers
{
    /// <summary>The metrics of each evaluation with their intervals: one row per metric, its name first.</summary>
    public static IEnumerable<IReadOnlyList<string>> MetricRows(IReadOnlyList<Evaluation> evaluations)
    {
        yield return Row(
            "accuracy",
            metrics => Percent(metrics.Accuracy),
            metrics => metrics.Intervals?.Accuracy,
            isShare: true);
        yield return Row(
            "NLL, nats",
            metrics => Of(metrics.Nll, "F4"),
            metrics => metrics.Intervals?.Nll,
            isShare: false);
        yield return Row(
            "Brier score",
            metrics => Of(metrics.Brier, "F4"),
            metrics => metrics.Intervals?.Brier,
            isShare: false);
        yield return Row("ECE", metrics => Percent(metrics.Ece), metrics => metrics.Intervals?.Ece, isShare: true);
        yield return Row("MCE", metrics => Percent(metrics.Mce), metrics => metrics.Intervals?.Mce, isShare: true);
        yield return Row(
            "adaptive ECE",
            metrics => Percent(metrics.AdaptiveEce),
            metrics => metrics.Intervals?.AdaptiveEce,
            isShare: true);
        yield return Row(
            "classwise ECE",
            metrics => Percent(metrics.ClasswiseEce),
            metrics => metrics.Intervals?.ClasswiseEce,
            isShare: true);

        IReadOnlyList<string> Row(
            string name,
            Func<CalibrationMetrics, string> value,
            Func<CalibrationMetrics, Interval?> interval,
            bool isShare) =>
            [
                name,
                .. evaluations.Select(evaluation =>
                    value(evaluation.Metrics) + Brackets(interval(evaluation.Metrics), isShare)),
            ];
    }

    public static IReadOnlyList<string> SetHeadings { get; } =
    ["α", "requested", "coverage", "mean set size", "empty sets", "coverage as served", "size as served"];

    /// <summary>What prediction sets of one α did, one cell per heading.</summary>
    public static IReadOnlyList<string> SetCells(PredictionSetEvaluation set) =>
    [
        Of(set.Alpha, "G"),
        Percent(1 - set.Alpha),
        Percent(set.Coverage) + Brackets(set.CoverageInterval, isShare: true),
        Of(set.MeanSize, "F3"),
        Of(set.EmptySets, "F0"),
        Percent(set.ServedCoverage),
        Of(set.ServedMeanSize, "F3"),
    ];

    public static string Percent(double? share) =>
        share is { } known ? string.Create(CultureInfo.InvariantCulture, $"{100 * known:F2} %") : "–";

    public static string Of(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>A space and the interval in brackets; nothing where there is none.</summary>
    public static string Brackets(Interval? interval, bool isShare) =>
        (interval, isShare) switch
        {
            (null, _) => "",
            ({ } share, true) => string.Create(
                CultureInfo.InvariantCulture,
                $" [{100 * share.Lower:F2}, {100 * share.Upper:F2}]"),
            ({ } number, false) => string.Create(
                CultureInfo.InvariantCulture,
                $" [{number.Lower:F4}, {Upper(number.Upper)}]"),
        };

    // A fitted temperature's interval may have no end.
    private static string Upper(double value) => value >= float.MaxValue ? "∞" : Of(value, "F4");
}

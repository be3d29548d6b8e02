using SoftmaxService.Cli.Evaluations;
using SoftmaxService.Cli.Plots;

namespace SoftmaxService.Cli.Reports;

/// <summary>The drawings that findings allow.</summary>
internal static class FindingsFigures
{
    public static Figure Reliability(Findings findings) =>
        ReliabilityFigure.Draw(
            $"Reliability of {TitleOf(findings)}",
            [
                .. findings.Columns.Select(column => new ReliabilityFigure.Diagram(
                    column.Name,
                    column.Evaluation.Reliability,
                    column.Evaluation.Metrics.Ece)),
            ]);

    public static IEnumerable<Figure> All(Findings findings)
    {
        yield return Reliability(findings);
        if (findings.InUse.ConfusionMatrix is { } confusion && confusion.Count <= ConfusionFigure.MostClasses)
        {
            yield return ConfusionFigure.Draw(
                $"Confusion matrix{(findings.Model is null ? "" : $" of {findings.Model}")}\n{findings.Count} images "
                    + $"of {findings.Dataset}",
                confusion,
                findings.Labels);
        }

        if (findings.PredictionSets is { Count: > 0 } sets)
        {
            yield return CoverageFigure.Draw($"Coverage of {TitleOf(findings)}", findings.Curve, sets);
        }
    }

    public static string TitleOf(Findings findings) =>
        findings.Model is null ? findings.Dataset : $"{findings.Model} on {findings.Dataset}";
}

using System.Globalization;
using SoftmaxService.Cli.Evaluations;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Cli.Reports;

namespace SoftmaxService.Cli.Output;

/// <summary>Findings as tables on a terminal.</summary>
internal static class FindingsText
{
    private const int MostClassesInMatrix = 20;

    public static void Print(Findings findings, Terminal terminal)
    {
        terminal.WriteHeading(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{FindingsFigures.TitleOf(findings)}: {findings.Count} images, {findings.Labels.Count} classes"));
        terminal.WriteTable(
            ["", .. findings.Columns.Select(column => column.Name)],
            Numbers.MetricRows([.. findings.Columns.Select(column => column.Evaluation)]));
        terminal.WriteLine(
            $"In brackets: bootstrap intervals of 95 %. ECE and MCE: {findings.Bins} bins of equal width.");
        if (findings.TemperatureInterval is { } interval)
        {
            terminal.WriteLine(
                "Fitted temperature: "
                    + $"{Numbers.Of(findings.Temperature, "0.#####")}{Numbers.Brackets(interval, isShare: false)}");
        }

        if (findings.InUse.ZeroProbabilityLabels > 0)
        {
            terminal.WriteLine(
                $"{findings.InUse.ZeroProbabilityLabels} images have their right class at a probability of exactly 0; "
                    + "each counts as 103.28 nats.");
        }

        foreach (var warning in findings.Warnings ?? [])
        {
            terminal.WriteLine($"Warning: {warning}");
        }

        PrintPredictionSets(findings, terminal);
        PrintConfusion(findings, terminal);
        PrintOthers(findings, terminal);
        if (findings.MostConfidentMistakes.Count > 0)
        {
            terminal.WriteHeading("Most confident mistakes");
            terminal.WriteTable(
                ["image", "is", "taken for", "confidence"],
                findings.MostConfidentMistakes.Select(mistake =>
                    (IReadOnlyList<string>)
                        [mistake.Source, mistake.Label, mistake.Predicted, Numbers.Percent(mistake.Confidence)]));
        }

        if (findings.SlowestImages is { Count: > 0 } slowest)
        {
            terminal.WriteHeading($"Slowest images (median {Numbers.Of(findings.MedianMilliseconds ?? 0, "F2")} ms)");
            terminal.WriteTable(
                ["image", "milliseconds"],
                slowest.Select(image => (IReadOnlyList<string>)[image.Source, Numbers.Of(image.Milliseconds, "F2")]));
        }
    }

    private static void PrintPredictionSets(Findings findings, Terminal terminal)
    {
        if (findings.PredictionSets is { Count: > 0 } sets)
        {
            terminal.WriteHeading($"Prediction sets ({Names.Of(sets[0].Method).ToUpperInvariant()})");
            terminal.WriteTable(Numbers.SetHeadings, sets.Select(Numbers.SetCells));
            if (findings.TemperatureSource == "fitted")
            {
                terminal.WriteLine(
                    "On the calibration data itself coverage is met by construction; only the sizes are informative.");
            }
        }
    }

    private static void PrintConfusion(Findings findings, Terminal terminal)
    {
        if (findings.InUse.ConfusionMatrix is { } confusion && findings.Labels.Count <= MostClassesInMatrix)
        {
            terminal.WriteHeading("Confusion matrix (rows: true class, columns: predicted)");
            terminal.WriteTable(
                ["", .. findings.Labels],
                confusion.Select(
                    (row, index) =>
                        (IReadOnlyList<string>)
                            [findings.Labels[index], .. row.Select(count => count == 0 ? "·" : $"{count}")]));
        }
    }

    private static void PrintOthers(Findings findings, Terminal terminal)
    {
        if (findings.OutOfDistribution is { } others)
        {
            terminal.WriteHeading("Out of distribution, by energy");
            terminal.WriteTable(
                ["data", "images", "AUROC", "above the threshold"],
                others.Select(other =>
                    (IReadOnlyList<string>)
                        [
                            other.Dataset,
                            $"{other.Count}",
                            Numbers.Of(other.Auroc, "F4"),
                            Numbers.Percent(other.RejectedShare),
                        ]));
        }
    }
}

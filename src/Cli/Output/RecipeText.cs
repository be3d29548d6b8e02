using SoftmaxService.Cli.Evaluations;
using SoftmaxService.Cli.Recipes;

namespace SoftmaxService.Cli.Output;

/// <summary>The recipes that were tried, as a table on a terminal.</summary>
internal static class RecipeText
{
    public static void Print(RecipeFindings findings, Terminal terminal)
    {
        terminal.WriteHeading($"{findings.Tried.Count} recipes on {findings.Count} images of {findings.Dataset}");
        terminal.WriteTable(
            ["recipe", "accuracy", "NLL, nats", "best T", "behind the first"],
            findings.Ranked.Select((entry, index) => (IReadOnlyList<string>)
            [
                entry.Score == findings.Present && entry.Score.Candidate.Name != "present"
                    ? $"{entry.Score.Candidate.Name} (present)"
                    : entry.Score.Candidate.Name,
                Numbers.Percent(entry.Score.Accuracy),
                Numbers.Of(entry.Score.Nll, "F4"),
                Numbers.Of(entry.Score.Temperature, "G3"),
                index == 0
                    ? ""
                    : $"{Numbers.Of(entry.Margin.Mean, "F4")} ± {Numbers.Of(entry.Margin.StandardError, "F4")}",
            ]));
        terminal.WriteLine(
            "Each recipe is judged at the temperature that suits it best; one far from 1 counts against it. ± is one "
                + "standard error of the mean difference, image by image.");
        foreach (var note in findings.Notes)
        {
            terminal.WriteLine($"Note: {note}");
        }

        terminal.WriteLine();
        terminal.WriteLine(findings.Conclusion);
    }
}

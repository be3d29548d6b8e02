using System.Globalization;
using System.Text.Json;
using SoftmaxService.Cli.Verification;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Cli.Output;

/// <summary>What <c>softmax verify</c> found, for people.</summary>
internal static class VerificationText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Print(VerifiedModel verified, Terminal terminal)
    {
        terminal.WriteHeading($"{verified.Model} on {verified.Image}");
        if (verified.Tensor is { } tensor)
        {
            terminal.WriteTable(["tensor", "difference", "8-bit levels"], RowsOf(tensor));
        }

        if (verified.Scores is { } scores)
        {
            terminal.WriteTable([$"scores, as {scores.ComparedAs}", "difference"], RowsOf(scores));
        }

        PrintTop(verified, terminal);
        foreach (var note in verified.Notes)
        {
            terminal.WriteLine($"- {note}");
        }

        terminal.WriteLine(Verdict(verified));
        if (verified.Better is { } better)
        {
            Print(better, terminal);
        }
    }

    private static IEnumerable<string[]> RowsOf(TensorDifference tensor)
    {
        yield return ["mean", Number(tensor.Mean), Number(tensor.MeanLevels)];
        yield return ["largest", Number(tensor.Max), Number(tensor.MostLevels)];
        yield return
        [
            string.Create(
                CultureInfo.InvariantCulture,
                $"  in channel {tensor.Channel}, row {tensor.Row}, column {tensor.Column}"),
            $"{Number(tensor.Served)} served, {Number(tensor.Given)} yours",
            "",
        ];
        yield return ["within 2 levels", "", Percent(tensor.WithinTwoLevels)];
    }

    private static IEnumerable<string[]> RowsOf(ScoreDifference scores)
    {
        yield return ["mean", Number(scores.Mean)];
        yield return
            [string.Create(CultureInfo.InvariantCulture, $"largest, of class {scores.Class}"), Number(scores.Max)];
        if (scores.Kind != OutputKind.Probabilities)
        {
            yield return ["mean, of the range of yours", Percent(scores.ShareOfRange)];
            yield return ["largest of a probability", Number(scores.MaxOfProbabilities)];
        }
    }

    private static void PrintTop(VerifiedModel verified, Terminal terminal) => terminal.WriteTable(
        ["rank", "served", "probability", "yours", "probability"],
        verified.Served.Zip(verified.Given).Select((pair, index) => new[]
        {
            $"{index + 1}",
            pair.First.Label,
            Number(pair.First.Probability),
            pair.Second.Label,
            Number(pair.Second.Probability),
        }));

    private static string Verdict(VerifiedModel verified) => verified switch
    {
        { Agrees: true } => "They agree.",
        { Tensor: { Agrees: false }, Scores.Agrees: true } => "The tensors differ; the scores agree.",
        { Tensor: { Agrees: true } } => "The tensors agree, but the scores differ: the recipe is right.",
        { Tensor: not null } => "The tensors differ.",
        _ => "The scores differ.",
    };

    private static void Print(StatedRecipe better, Terminal terminal)
    {
        if (better.Changes.Count == 0)
        {
            terminal.WriteLine(
                $"None of {better.Tried} recipes is nearer than the served one: what your code does cannot be stated, "
                + "or the image is another one.");
            return;
        }

        var difference = DifferenceOf(better);
        var name = better.Name is { } known ? $", {known}," : "";
        terminal.WriteLine(
            better.Agrees
                ? $"Another recipe{name} agrees with yours{difference}:"
                : $"The nearest of {better.Tried} recipes{name} does not agree with yours either{difference}:");
        terminal.WriteTable(
            ["field", "served", "better"],
            better.Changes.Select(change => new[] { change.Field, change.Served, change.Better }));
        terminal.WriteLine("In model.json:");
        terminal.WriteLine(JsonSerializer.Serialize(better.Manifest, Indented));
        foreach (var change in better.Changes.Where(change => change.Better == RecipeFields.None))
        {
            terminal.WriteLine($"and remove {change.Field} from it.");
        }
    }

    private static string DifferenceOf(StatedRecipe better) => better switch
    {
        { Tensor: { } tensor } => $" (mean {Number(tensor.MeanLevels)} levels, largest {Number(tensor.MostLevels)})",
        { Scores: { } scores } => $" (mean {Number(scores.Mean)}, largest {Number(scores.Max)})",
        _ => "",
    };

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Percent(double share) => share.ToString("P2", CultureInfo.InvariantCulture);
}

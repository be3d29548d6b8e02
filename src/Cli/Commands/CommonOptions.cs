using System.CommandLine;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Cli.Commands;

/// <summary>What several commands take.</summary>
internal static class CommonOptions
{
    public static Argument<string> Model() =>
        new("MODEL") { Description = "A version's folder, such as models/mnist/1, or an ONNX file." };

    public static Argument<string?> OptionalModel() =>
        new("MODEL")
        {
            Description = "A version's folder, such as models/mnist/1, or an ONNX file. Not with --logits.",
            Arity = ArgumentArity.ZeroOrOne,
        };

    public static Argument<string?> OptionalData() =>
        new("DATA") { Description = $"Labelled data: {ImageSets.Kinds}.", Arity = ArgumentArity.ZeroOrOne };

    public static Option<string?> Logits() =>
        new("--logits") { Description = "A CSV of logits and labels, in place of MODEL and DATA.", HelpName = "FILE" };

    public static Option<OutputKind?> Kind()
    {
        const string Names = "logits|probabilities|log-probabilities";

        return new Option<OutputKind?>("--kind")
        {
            Description = "What the numbers of a CSV are. [default: logits]",
            HelpName = Names,
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                foreach (var kind in Enum.GetValues<OutputKind>())
                {
                    if (Manifests.Names.Of(kind) == text)
                    {
                        return kind;
                    }
                }

                result.AddError($"--kind is one of {Names}, not '{text}'.");
                return null;
            },
        };
    }

    public static Option<DataSplit?> Split() =>
        new("--split") { Description = "Which part of a folder or archive that holds both.", HelpName = "train|test" };

    public static Option<int> Skip() =>
        Whole("--skip", "Pass over this many images at the start of the data, or of its random order.", 0, lowest: 0);

    public static Option<int> Limit() =>
        Whole("--limit", "Read at most this many images.", int.MaxValue, lowest: 1, defaultText: "all");

    public static Option<int?> Shuffle() =>
        new("--shuffle")
        {
            Description =
                "Choose images by a random order of the data, the same for the same seed; --skip and --limit then "
                    + "count in that order.",
            HelpName = "SEED",
        };

    public static Option<int> Bins() =>
        Whole("--bins", "Bins of equal width for the calibration errors, at most 1000.", 15, lowest: 1, highest: 1000);

    public static Option<NamedRecipe?> Recipe() =>
        new("--recipe")
        {
            Description =
                $"Prepare images by a known recipe, whatever the model's files say: {RecipeCatalog.Names}.",
            HelpName = "NAME",
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                if (RecipeCatalog.Find(text) is { } recipe)
                {
                    return recipe;
                }

                result.AddError($"--recipe is one of {RecipeCatalog.Names}, not '{text}'.");
                return null;
            },
        };

    public static Option<bool> Json() =>
        new("--json") { Description = "Write one JSON object to standard output, for machines." };

    public static Option<string?> Report() =>
        new("--report")
        {
            Description = "Write report.html and the plots as SVG and PNG into this folder.",
            HelpName = "DIR",
        };

    public static Option<int> Whole(
        string name,
        string description,
        int otherwise,
        int lowest,
        int highest = int.MaxValue,
        string? defaultText = null)
    {
        var option = new Option<int>(name)
        {
            Description = defaultText is null ? description : $"{description} [default: {defaultText}]",
            HelpName = "N",
        };
        option.DefaultValueFactory = _ => otherwise;
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1
                && int.TryParse(result.Tokens[0].Value, out var number)
                && (number < lowest || number > highest))
            {
                result.AddError(
                    number < lowest
                        ? $"{name} must be at least {lowest}, not {number}."
                        : $"{name} must be at most {highest}, not {number}.");
            }
        });
        return option;
    }
}

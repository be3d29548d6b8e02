using System.CommandLine;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Cli.Models;
using SoftmaxService.Cli.Output;
using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Commands;

/// <summary>
/// <c>softmax recipe MODEL DATA</c>: which recipe fits labelled images best. Changes nothing without <c>--apply</c>.
/// </summary>
internal static class RecipeCommand
{
    private const int DefaultLimit = 100;

    public static Command Create(Terminal terminal)
    {
        var model = CommonOptions.Model();
        var data = new Argument<string>("DATA") { Description = $"Labelled images: {ImageSets.Images}." };
        var split = CommonOptions.Split();
        var limit = CommonOptions.Whole("--limit", "Try at most this many images.", DefaultLimit, lowest: 2);
        var seed = CommonOptions.Whole(
            "--shuffle", "The seed that chooses which of the images.", otherwise: 1, lowest: 0);
        var apply = new Option<bool>("--apply")
        {
            Description = $"Write the recipe into the model's {ModelManifest.FileName} if it is sure.",
        };
        var json = CommonOptions.Json();
        var command = new Command(
            "recipe",
            "Finds how the model's makers prepared images, by trying known recipes on labelled images, and says so if "
                + $"the images do not decide. Known are: {RecipeCatalog.Names}.")
        {
            model, data, split, limit, seed, apply, json,
        };
        command.Runs(terminal, async (parsed, cancellationToken) =>
        {
            var location = ModelLocation.Find(parsed.GetRequiredValue(model));
            if (parsed.GetValue(apply) && !location.IsVersionFolder)
            {
                throw new DataException($"{location.OnnxPath}: a recipe belongs in a version's folder. Put the file at "
                    + $"models/<name>/1/{ClassifierModel.OnnxFileName} and give that folder.");
            }

            using var loaded = location.Load();
            var images = ImageSets.Open(
                parsed.GetRequiredValue(data), parsed.GetValue(split), Labels.Of(loaded.Labels));
            var findings = await SearchAsync(
                loaded, images, parsed.GetValue(limit), parsed.GetValue(seed), terminal, cancellationToken);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Output, RecipeJson.Of(findings));
            }
            else
            {
                RecipeText.Print(findings, terminal);
            }

            if (findings.Verdict == RecipeVerdict.Found && parsed.GetValue(apply))
            {
                Apply(location, findings, cancellationToken);
                terminal.Say($"Written: {location.ManifestPath}");
            }

            return findings.Verdict == RecipeVerdict.NotSure ? ExitCode.NotSure : ExitCode.Ok;
        });
        return command;
    }

    /// <summary>
    /// Searches on some of the images, chosen at random: those of a folder are in order of class.
    /// </summary>
    public static Task<RecipeFindings> SearchAsync(
        ClassifierModel model,
        IImageSet images,
        int limit,
        int seed,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        if (images.Count < 2)
        {
            throw new DataException($"{images.Name}: the search needs at least two images; there are {images.Count}.");
        }

        var sample = SampleImages.Read(
            images, Selection.Shuffled(images.Count, 0, Math.Min(limit, images.Count), seed));
        if (sample.AreOfOneClass)
        {
            throw new DataException(
                $"{images.Name}: the search needs images of several classes; all {sample.Count} are of "
                    + $"the class '{model.Labels[sample.Labels[0]]}'.");
        }

        return terminal.TrackAsync(
            "recipes",
            RecipeSearch.Most(model),
            progress => RecipeSearch.RunAsync(model, sample, progress, cancellationToken));
    }

    private static void Apply(ModelLocation location, RecipeFindings findings, CancellationToken cancellationToken)
    {
        ReadOnlySpan<byte> original = File.Exists(location.ManifestPath)
            ? File.ReadAllBytes(location.ManifestPath)
            : "{}\n"u8;
        var manifest = ManifestText.WithInput(original, findings.Input);

        // Never leave a manifest that the service would reject.
        using (location.Load(findings.Input))
        {
            FileReplacement.WriteAll(cancellationToken, (location.ManifestPath, manifest));
        }
    }
}

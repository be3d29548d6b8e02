using System.CommandLine;
using System.Globalization;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Models;
using SoftmaxService.Cli.Output;
using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Commands;

/// <summary>MODEL, DATA and what says which part of the data: what evaluating and calibrating have in common.</summary>
internal sealed class ScoringOptions
{
    // Enough to see that a recipe is wrong, and few enough to cost little.
    private const int MostForRecipes = 50;

    // Fewer are no evidence: four images that another recipe answers right may be chance.
    private const int FewestMistakes = 5;

    private readonly Argument<string?> _model = CommonOptions.OptionalModel();
    private readonly Argument<string?> _data = CommonOptions.OptionalData();
    private readonly Option<string?> _logits = CommonOptions.Logits();
    private readonly Option<OutputKind?> _kind = CommonOptions.Kind();
    private readonly Option<DataSplit?> _split = CommonOptions.Split();
    private readonly Option<int> _skip = CommonOptions.Skip();
    private readonly Option<int> _limit = CommonOptions.Limit();
    private readonly Option<int?> _shuffle = CommonOptions.Shuffle();
    private readonly Option<NamedRecipe?> _recipe = CommonOptions.Recipe();

    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_data);
        command.Add(_logits);
        command.Add(_kind);
        command.Add(_split);
        command.Add(_skip);
        command.Add(_limit);
        command.Add(_shuffle);
        command.Add(_recipe);
    }

    /// <summary>Where the model is; null where only logits are given.</summary>
    public ModelLocation? FindModel(ParseResult parsed) =>
        (parsed.GetValue(_model), parsed.GetValue(_data), parsed.GetValue(_logits)) switch
        {
            (null, null, not null) => null,
            ({ } model, not null, null) => ModelLocation.Find(model),
            (_, _, null) => throw new UsageException("Say MODEL and DATA, or --logits FILE. See --help."),
            _ => throw new UsageException(
                "--logits takes the place of MODEL and DATA: say one or the other. To evaluate a CSV with a model's "
                    + "labels and calibration, give it as DATA."),
        };

    /// <summary>Loads the model, with the numbers of <c>--recipe</c> where it is given.</summary>
    public ClassifierModel? Load(ParseResult parsed, ModelLocation? location)
    {
        var recipe = parsed.GetValue(_recipe);
        return (location, recipe) switch
        {
            (null, null) => null,
            (null, _) => throw new UsageException("--recipe needs a model to run; with --logits there is none."),
            (_, null) => location.Load(),
            _ => LoadWith(location, recipe),
        };
    }

    /// <summary>What <c>--recipe</c> states about the input; null where it is not given.</summary>
    public ManifestInput? StatedInput(ParseResult parsed, ClassifierModel model) =>
        parsed.GetValue(_recipe) is { } recipe ? InputOf(recipe, model) : null;

    /// <summary>
    /// The advice if another recipe is clearly better than the model's, on a few of the images; null otherwise. A
    /// model that answers nearly all of them right is not run again.
    /// </summary>
    public async Task<string?> FindBetterRecipeAsync(
        ParseResult parsed,
        ModelLocation? location,
        ClassifierModel? model,
        ScoredSet scored,
        CancellationToken cancellationToken)
    {
        var path = parsed.GetValue(_data);
        if (location is null || model is null || path is null || LogitsCsv.IsNamed(path)
            || scored.CountMistakes() < FewestMistakes)
        {
            return null;
        }

        var images = ImageSets.Open(path, parsed.GetValue(_split), Labels.Of(model.Labels));
        var selection = Select(
            path, images.Count, parsed.GetValue(_skip), parsed.GetValue(_limit), parsed.GetValue(_shuffle));
        var sample = SampleImages.Read(images, selection.Spread(MostForRecipes));
        if (sample.AreOfOneClass)
        {
            return null;
        }

        var findings = await RecipeSearch.OfScalingsAsync(model, sample, cancellationToken);
        return findings.IsPresentWrong
            ? $"The images are likely prepared in another way than in training: {findings.Improvement} on "
                + $"{findings.Count} of them. 'softmax recipe {location.Folder} {path}' compares recipes, and --apply "
                + "writes the one it finds."
            : null;
    }

    /// <summary>Runs the model over the data, or reads its logits.</summary>
    public ScoredSet Score(
        ParseResult parsed,
        ClassifierModel? model,
        float temperature,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        var (skip, limit, shuffle) = (parsed.GetValue(_skip), parsed.GetValue(_limit), parsed.GetValue(_shuffle));
        var path = parsed.GetValue(_logits) ?? parsed.GetValue(_data)!; // FindModel ensures that one is set
        if (model is null || LogitsCsv.IsNamed(path))
        {
            return ToLogits(
                shuffle is null
                    ? LogitsCsv.Read(path, model?.Labels, skip, limit, cancellationToken)
                    : Choose(
                        LogitsCsv.Read(path, model?.Labels, skip: 0, int.MaxValue, cancellationToken),
                        path,
                        skip,
                        limit,
                        shuffle.Value),
                parsed.GetValue(_kind) ?? OutputKind.Logits);
        }

        if (parsed.GetValue(_kind) is not null)
        {
            throw new UsageException(
                $"--kind says what the numbers of a CSV are; of a model, output.kind in its {ModelManifest.FileName} "
                    + "does.");
        }

        var images = ImageSets.Open(path, parsed.GetValue(_split), Labels.Of(model.Labels));
        var selection = Select(path, images.Count, skip, limit, shuffle);
        var scored = Run(model, images, selection, temperature, terminal, cancellationToken);
        return selection.Count == images.Count
            ? scored
            : scored with
            {
                Name = NameOf(images.Name, selection, skip, shuffle),
            };
    }

    /// <summary>Runs the model over another data set, whose labels do not matter.</summary>
    public ScoredSet ScoreOther(
        ParseResult parsed,
        string path,
        ClassifierModel model,
        int noiseCount,
        int seed,
        float temperature,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        var images = path == UniformNoise.Keyword
            ? new UniformNoise(noiseCount, model.Input.Channels, model.Input.Height, model.Input.Width, seed)
            : ImageSets.Open(path, parsed.GetValue(_split), Labels.Ignored);
        return images.Count == 0
            ? throw new DataException($"{path}: there are no images.")
            : Run(model, images, Selection.Range(0, images.Count), temperature, terminal, cancellationToken);
    }

    private static ClassifierModel LoadWith(ModelLocation location, NamedRecipe recipe)
    {
        using var plain = location.Load();
        return location.Load(InputOf(recipe, plain));
    }

    /// <summary>What a recipe states for a model's size.</summary>
    public static ManifestInput InputOf(NamedRecipe recipe, ClassifierModel model) =>
        recipe.Fits(model.Input.Channels)
            ? recipe.For(model.Input.Channels, model.Input.Height, model.Input.Width)
            : throw new UsageException(
                $"--recipe {recipe.Name} is for colours, but the model takes {model.Input.Channels} channel(s).");

    private static ScoredSet Run(
        ClassifierModel model,
        IImageSet images,
        Selection selection,
        float temperature,
        Terminal terminal,
        CancellationToken cancellationToken) =>
        terminal.Track(
            images.Name,
            selection.Count,
            progress => ModelRun.Score(model, images, selection, temperature, progress, cancellationToken));

    private static ScoredSet ToLogits(ScoredSet scored, OutputKind kind)
    {
        if (kind == OutputKind.Logits)
        {
            return scored;
        }

        try
        {
            var data = LabelledLogits.FromScores(scored.Logits, scored.Labels, scored.ClassCount, kind);
            return scored with
            {
                Logits = [.. Enumerable.Range(0, data.Count).SelectMany(row => data.Row(row).ToArray())],
                Warnings = data.Warnings,
            };
        }
        catch (InferenceException exception)
        {
            throw new DataException($"{scored.Name}: {exception.Message}", exception);
        }
    }

    private static Selection Select(string path, int total, int skip, int limit, int? shuffle)
    {
        if (skip >= total)
        {
            throw new DataException($"{path}: there are {total} images; passing over {skip} leaves none.");
        }

        var count = Math.Min(limit, total - skip);
        return shuffle is { } seed ? Selection.Shuffled(total, skip, count, seed) : Selection.Range(skip, count);
    }

    /// <summary>Rows of a CSV, which are all in memory anyway.</summary>
    private static ScoredSet Choose(ScoredSet all, string path, int skip, int limit, int seed)
    {
        var selection = Select(path, all.Count, skip, limit, seed);
        int[] chosen = [.. Enumerable.Range(0, all.Count).Where(selection.Contains)];
        return new ScoredSet(
            NameOf(all.Name, selection, skip, seed),
            all.ClassNames,
            [.. chosen.SelectMany(row => all.Row(row).ToArray())],
            [.. chosen.Select(row => all.Labels[row])])
        {
            Sources = [.. chosen.Select(row => all.Sources[row])],
        };
    }

    private static string NameOf(string data, Selection selection, int skip, int? shuffle) =>
        shuffle is null
            ? string.Create(CultureInfo.InvariantCulture, $"{data}, images {skip} to {skip + selection.Count - 1}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{data}, {selection.Count} of them after {skip} in the random order of seed {shuffle}");
}

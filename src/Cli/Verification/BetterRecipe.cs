using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Verification;

/// <summary>The recipe that is nearest to what the maker's code did.</summary>
internal sealed record BetterRecipe
{
    // Two recipes whose results are as near as this, in levels or as a share of the distance, are taken as the same.
    private const double Tie = 1e-3;

    /// <summary>The whole recipe.</summary>
    public required ImageInput Recipe { get; init; }

    /// <summary>The name of a well-known recipe that does the same; null if there is none.</summary>
    public required string? Name { get; init; }

    /// <summary>How many recipes were tried.</summary>
    public required int Tried { get; init; }

    /// <summary>The difference of its tensor, if the maker's was given.</summary>
    public required TensorDifference? Tensor { get; init; }

    /// <summary>The difference of its scores, if the maker's were given.</summary>
    public required ScoreDifference? Scores { get; init; }

    /// <summary>Whether its tensor, or else its scores, agree with the maker's.</summary>
    public bool Agrees => Tensor?.Agrees ?? Scores?.Agrees ?? false;

    /// <summary>Finds the recipe by the maker's tensor.</summary>
    public static BetterRecipe ByTensor(
        DecodedImage image, float[] planes, ImageInput served, CancellationToken cancellationToken)
    {
        var judge = new TensorJudge(image, planes);
        var search = new NearestRecipeSearch(judge.Judge, cancellationToken);
        var found = judge.Fitted(search.Find(served, triesScalings: false).Recipe).Recipe;
        found = judge.WithKnownScaling(found, served);
        var distance = judge.Compare(found).MeanLevels;
        var (recipe, name) = WithName(found, served, other => judge.Compare(other).MeanLevels <= distance + Tie);
        return new BetterRecipe
        {
            Recipe = recipe,
            Name = name,
            Tried = search.Count,
            Tensor = judge.Compare(recipe),
            Scores = null,
        };
    }

    /// <summary>Finds the recipe by the maker's scores alone, with a run of the model for each that is tried.</summary>
    public static BetterRecipe ByScores(
        ModelAnswers answers,
        DecodedImage image,
        ClassifierModel model,
        GivenScores given,
        CancellationToken cancellationToken)
    {
        ScoreDifference Compare(ImageInput recipe) =>
            ScoreDifference.Of(answers.LogitsOf(image.TensorBy(recipe)), model.OutputKind, given);

        var search = new NearestRecipeSearch(
            recipe => new Candidate(recipe, Compare(recipe).Distance), cancellationToken);
        var found = search.Find(model.Input, triesScalings: true);
        var (recipe, name) = WithName(
            found.Recipe, model.Input, other => Compare(other).Distance <= found.Distance * (1 + Tie));
        return new BetterRecipe
        {
            Recipe = recipe,
            Name = name,
            Tried = search.Count,
            Tensor = null,
            Scores = Compare(recipe),
        };
    }

    /// <summary>
    /// The name of a well-known recipe that does the same, if there is one. Of the two, the recipe that is nearer to
    /// the served one: the image does not show the fields in which they differ.
    /// </summary>
    private static (ImageInput Recipe, string? Name) WithName(
        ImageInput found, ImageInput served, Predicate<ImageInput> isAsGood)
    {
        var changes = RecipeFields.Changes(served, found).Count;
        foreach (var named in RecipeCatalog.All.Where(named => named.Framing is not null && named.Fits(found.Channels)))
        {
            var recipe = RecipeFields.Apply(named, found);
            if (RecipeFields.Key(recipe) == RecipeFields.Key(found) || isAsGood(recipe))
            {
                return (RecipeFields.Changes(served, recipe).Count <= changes ? recipe : found, named.Name);
            }
        }

        return (found, null);
    }
}

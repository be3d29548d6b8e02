using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>
/// Finds the recipe whose result is nearest to the maker's. One group of fields after the other is varied, and a few of
/// the best are kept each time; of equal ones, the recipe that is nearer to the served one.
/// </summary>
/// <param name="judge">Says how far the result of a recipe is from the maker's. Called on several threads.</param>
/// <param name="cancellationToken">Ends the search.</param>
internal sealed class NearestRecipeSearch(Func<ImageInput, Candidate> judge, CancellationToken cancellationToken)
{
    private const int Wide = 6;
    private const int Narrow = 3;

    private readonly Dictionary<string, Candidate> _judged = [];

    /// <summary>How many recipes were tried.</summary>
    public int Count => _judged.Count;

    /// <summary>The best framing alone, which shows whether the tensor is read in the right order.</summary>
    public Candidate FindFraming(ImageInput served) =>
        Best([served], recipe => RecipeVariations.Framings(recipe).SelectMany(RecipeVariations.UsualMethods), 1)[0];

    /// <param name="served">The recipe to begin with.</param>
    /// <param name="triesScalings">Whether scalings are tried, too; else the judge finds them.</param>
    public Candidate Find(ImageInput served, bool triesScalings)
    {
        IReadOnlyList<ImageInput> kept = [served];
        if (triesScalings)
        {
            kept = Keep(
                kept, recipe => RecipeVariations.UsualFramings(recipe).SelectMany(RecipeVariations.Scalings), Wide);
        }

        kept = Keep(kept, recipe => RecipeVariations.Framings(recipe).SelectMany(RecipeVariations.UsualMethods), Wide);
        kept = Keep(kept, RecipeVariations.Filters, Narrow);
        kept = Keep(kept, RecipeVariations.Finishes, Narrow);
        kept = Keep(kept, RecipeVariations.NearbySizes, Narrow);
        kept = Keep(kept, RecipeVariations.Framings, Narrow);
        kept = Keep(
            kept, recipe => RecipeVariations.Filters(recipe).SelectMany(RecipeVariations.Finishes), Narrow);
        if (triesScalings)
        {
            kept = Keep(kept, RecipeVariations.Scalings, Narrow);
        }

        return Best(kept, recipe => [recipe, .. Named(recipe)], 1)[0];
    }

    /// <summary>The whole recipes that have a name.</summary>
    private static IEnumerable<ImageInput> Named(ImageInput recipe) => RecipeCatalog.All
        .Where(named => named.Fits(recipe.Channels) && named.Framing is not null)
        .Select(named => RecipeFields.Apply(named, recipe));

    private IReadOnlyList<ImageInput> Keep(
        IReadOnlyList<ImageInput> from, Func<ImageInput, IEnumerable<ImageInput>> vary, int count) =>
        [.. Best(from, vary, count).Select(candidate => candidate.Recipe)];

    private IReadOnlyList<Candidate> Best(
        IReadOnlyList<ImageInput> from, Func<ImageInput, IEnumerable<ImageInput>> vary, int count)
    {
        var recipes = from.SelectMany(vary).DistinctBy(RecipeFields.Key).ToArray();
        var fresh = recipes.Where(recipe => !_judged.ContainsKey(RecipeFields.Key(recipe))).ToArray();
        var judged = fresh.AsParallel().AsOrdered().WithCancellation(cancellationToken).Select(judge).ToArray();
        foreach (var (recipe, candidate) in fresh.Zip(judged))
        {
            _judged[RecipeFields.Key(recipe)] = candidate;
        }

        // A stable order: of equal ones, the earlier.
        return
        [
            .. recipes.Select(recipe => _judged[RecipeFields.Key(recipe)])
                .DistinctBy(candidate => RecipeFields.Key(candidate.Recipe))
                .OrderBy(candidate => candidate.Distance)
                .Take(count),
        ];
    }
}

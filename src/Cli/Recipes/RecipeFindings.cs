using System.Globalization;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Recipes;

/// <summary>What the search concludes.</summary>
internal enum RecipeVerdict
{
    /// <summary>The present recipe fits best.</summary>
    Confirmed,

    /// <summary>The present recipe is stated, and no other is clearly better; some cannot be told from it.</summary>
    Kept,

    /// <summary>One other recipe is clearly better than the present one and all others.</summary>
    Found,

    /// <summary>Several recipes cannot be told apart, and nothing states which of them is right.</summary>
    NotSure,
}

/// <summary>The recipes that were tried on labelled images, and what follows.</summary>
/// <param name="Dataset">The images.</param>
/// <param name="Count">How many.</param>
/// <param name="IsAssumed">Whether the present numbers are assumed, and stated nowhere.</param>
/// <param name="Present">What the model does now.</param>
/// <param name="Best">What fits best; the present recipe unless another is clearly better.</param>
/// <param name="Rivals">Who cannot be told from the best, and differs from it by more than a rounding.</param>
internal sealed record RecipeFindings(
    string Dataset,
    int Count,
    bool IsAssumed,
    CandidateScore Present,
    CandidateScore Best,
    IReadOnlyList<CandidateScore> Rivals)
{
    /// <summary>Scalings that are no further apart, in levels of 255, are one.</summary>
    public const double RoundingLevels = 2.5;

    public required IReadOnlyList<CandidateScore> Tried { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    public RecipeVerdict Verdict => (Best == Present, Rivals.Count) switch
    {
        (true, 0) => RecipeVerdict.Confirmed,
        (true, _) => IsAssumed ? RecipeVerdict.NotSure : RecipeVerdict.Kept,
        (false, 0) => RecipeVerdict.Found,
        (false, _) => RecipeVerdict.NotSure,
    };

    /// <summary>The best recipe's fields of a manifest.</summary>
    public ManifestInput Input => Best.Candidate.ToManifest(Present.Candidate);

    /// <summary>
    /// The tried recipes, and how far each is behind the first. The first is not always the best, which is kept unless
    /// another is clearly better.
    /// </summary>
    public IReadOnlyList<(CandidateScore Score, Margin Margin)> Ranked
    {
        get
        {
            CandidateScore[] ranked = [.. Tried.OrderBy(score => score.Cost)];
            return [.. ranked.Select(score => (score, score.MarginOver(ranked[0])))];
        }
    }

    /// <summary>The conclusion in words.</summary>
    public string Conclusion => Verdict switch
    {
        RecipeVerdict.Confirmed when Ranked[0].Score == Present => "The present recipe fits best: keep it.",
        RecipeVerdict.Confirmed =>
            $"The present recipe differs from {Ranked[0].Score.Candidate.Name} only by a rounding: keep it.",
        RecipeVerdict.Kept =>
            $"No recipe is clearly better than the present one: keep it. Not to be told from it: {Names(Rivals)}.",
        RecipeVerdict.Found => $"The recipe is {Best.Candidate.Name}: {Improvement}.",
        _ when Best == Present =>
            "Not sure: the present recipe is assumed, and these images do not tell it from: "
                + $"{Names(Rivals)}. Give more images, or state what the model's makers did.",
        _ => $"Not sure which: {Names([Best, .. Rivals])} cannot be told apart by these images, but the present recipe "
            + $"is clearly worse: {Improvement}. Give more images, or state what the model's makers did.",
    };

    /// <summary>Whether another recipe is better beyond doubt, by likelihood and by accuracy.</summary>
    public bool IsPresentWrong => Best != Present && Best.IsMoreAccurateThan(Present);

    /// <summary>What the best recipe gains over the present one.</summary>
    public string Improvement => string.Create(
        CultureInfo.InvariantCulture,
        $"with {Best.Candidate.Describe()} accuracy is {100 * Best.Accuracy:0.#} % instead of "
            + $"{100 * Present.Accuracy:0.#} %");

    private static string Names(IEnumerable<CandidateScore> scores) =>
        string.Join("; ", scores.OrderBy(score => score.Cost).Select(score => score.Candidate.Name).Distinct());
}

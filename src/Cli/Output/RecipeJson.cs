using System.Text.Json;
using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Output;

/// <summary>The search's conclusion for machines.</summary>
/// <param name="Verdict">confirmed, kept, found or not-sure.</param>
/// <param name="Conclusion">The same in words.</param>
/// <param name="Dataset">The images.</param>
/// <param name="Count">How many.</param>
/// <param name="Best">The name of the recipe to use: the present one, unless another is clearly better.</param>
/// <param name="Input">Its fields of a manifest.</param>
/// <param name="Rivals">Who cannot be told from it.</param>
/// <param name="Tried">All recipes, the one that fits best first, and how far each is behind it.</param>
/// <param name="Notes">What the images do not show.</param>
internal sealed record RecipeJson(
    string Verdict,
    string Conclusion,
    string Dataset,
    int Count,
    string Best,
    JsonElement Input,
    IReadOnlyList<string> Rivals,
    IReadOnlyList<TriedRecipe> Tried,
    IReadOnlyList<string> Notes)
{
    public static RecipeJson Of(RecipeFindings findings)
    {
        // Through a manifest: its serializer knows the names.
        using var manifest = JsonDocument.Parse(
            new ModelManifest { Input = findings.Input }.ToUtf8Json());
        return new RecipeJson(
            findings.Verdict switch
            {
                RecipeVerdict.NotSure => "not-sure",
                var verdict => verdict.ToString().ToLowerInvariant(),
            },
            findings.Conclusion,
            findings.Dataset,
            findings.Count,
            findings.Best.Candidate.Name,
            manifest.RootElement.GetProperty("input").Clone(),
            [.. findings.Rivals.Select(rival => rival.Candidate.Name)],
            [.. findings.Ranked.Select(entry => new TriedRecipe(
                entry.Score.Candidate.Name,
                entry.Score.Accuracy,
                entry.Score.Nll,
                entry.Score.Temperature,
                entry.Margin.Mean,
                entry.Margin.StandardError))],
            findings.Notes);
    }
}

/// <summary>One recipe's result.</summary>
internal sealed record TriedRecipe(
    string Name, double Accuracy, double Nll, double Temperature, double Margin, double StandardError);

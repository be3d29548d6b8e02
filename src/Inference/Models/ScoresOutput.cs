using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>The output of a graph that holds the class scores.</summary>
/// <param name="Tensor">The output as it is declared.</param>
/// <param name="Reason">Why this one, in words.</param>
public sealed record ScoresOutput(OnnxTensorInfo Tensor, string Reason)
{
    // From the plainest name to the vaguest; what matches a rule alone is taken, and what matches it with others is ambiguous.
    private static readonly (string Name, bool IsWhole)[] Names =
    [
        ("logits", true), ("logit", false),
        ("probabilities", true), ("prob", false), ("softmax", false),
        ("scores", true), ("score", false),
        ("output", true), ("output", false),
    ];

    /// <param name="declared">Every output of the graph.</param>
    /// <param name="measured">Those that hold floats, with the sizes that they have for one item.</param>
    /// <param name="said">The name in the manifest.</param>
    /// <exception cref="ModelLoadException">No output is one row of scores, or nothing tells which of several is meant.</exception>
    internal static ScoresOutput Choose(IReadOnlyList<OnnxTensorInfo> declared, IReadOnlyList<OnnxTensorInfo> measured, string? said)
    {
        var candidates = measured.Where(output => output.IsRowOfScores).Select(output => declared.Single(one => one.Name == output.Name)).ToArray();
        if (said is not null)
        {
            var named = declared.FirstOrDefault(output => output.Name == said)
                ?? throw new ModelLoadException($"output.name is '{Quoting.Shorten(said)}' in {ModelManifest.FileName}, but the graph's outputs are: {string.Join(", ", declared.Select(output => output.Name))}");
            return candidates.Contains(named)
                ? new ScoresOutput(named, $"{ModelManifest.FileName} names it")
                : throw new ModelLoadException($"output.name is '{said}' in {ModelManifest.FileName}, but {Unfit(named, measured)}");
        }

        return candidates switch
        {
            [] when declared is [var only] => throw new ModelLoadException(Unfit(only, measured)),
            [] => throw new ModelLoadException($"none of the graph's {declared.Count} outputs is one row of at least two class scores: {string.Join("; ", declared.Select(output => Unfit(output, measured)))}"),
            [var only] when declared.Count == 1 => new ScoresOutput(only, "it is the graph's only output"),
            [var only] => new ScoresOutput(only, "it is the only output that is one row of at least two float scores"),
            _ => ChooseByName(candidates),
        };
    }

    private static ScoresOutput ChooseByName(OnnxTensorInfo[] candidates)
    {
        foreach (var (name, isWhole) in Names)
        {
            var matches = candidates.Where(output => isWhole ? output.Name.Equals(name, StringComparison.OrdinalIgnoreCase) : output.Name.Contains(name, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (matches is [var match])
            {
                return new ScoresOutput(match, $"of {candidates.Length} outputs that could be the scores, its name {(isWhole ? "is" : "has")} '{name}'");
            }

            if (matches.Length > 1)
            {
                break;
            }
        }

        throw new ModelLoadException(
            $"{candidates.Length} of the graph's outputs could be the class scores: {string.Join(", ", candidates.Select(output => $"{output.Name} {output.ShapeText}"))}; "
            + $"say which in {ModelManifest.FileName}, as in \"output\": {{ \"name\": \"{candidates[0].Name}\" }}");
    }

    private static string Unfit(OnnxTensorInfo output, IReadOnlyList<OnnxTensorInfo> measured) => measured.FirstOrDefault(one => one.Name == output.Name) is { } floats
        ? $"output '{output.Name}' has the shape {floats.ShapeText} for one image; a classifier gives one row of at least two class scores"
        : $"output '{output.Name}' holds {output.ElementType}; a tensor of float or float16 is needed";
}

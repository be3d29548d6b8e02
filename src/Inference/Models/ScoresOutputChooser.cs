using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>Finds the output of a graph that holds the class scores: by the manifest's word, by what the outputs give, and by their names last.</summary>
/// <param name="onnx">The graph.</param>
/// <param name="manifest">What its owner says.</param>
internal sealed class ScoresOutputChooser(OnnxModel onnx, ModelManifest manifest)
{
    // From the plainest name to the vaguest; what matches a rule alone is taken, and what matches it with others is ambiguous.
    private static readonly (string Name, bool IsWhole)[] Names =
    [
        ("logits", true), ("logit", false),
        ("probabilities", true), ("prob", false), ("softmax", false),
        ("scores", true), ("score", false),
        ("output", true), ("output", false),
    ];

    /// <param name="input">The input that is fed.</param>
    /// <param name="inputShape">Its shape for one item.</param>
    /// <param name="samples">Items to see what several outputs give.</param>
    /// <exception cref="ModelLoadException">No output is one row of scores, or nothing tells which of several is meant.</exception>
    public ScoresOutput Choose(OnnxTensorInfo input, IReadOnlyList<int> inputShape, IReadOnlyList<float[]> samples)
    {
        var declared = onnx.Outputs;
        var measured = onnx.MeasureScores(input, inputShape);
        var candidates = measured.Where(output => output.IsRowOfScores).ToArray();
        if (manifest.Output?.Name is { } said)
        {
            var named = declared.FirstOrDefault(output => output.Name == said)
                ?? throw new ModelLoadException($"output.name is '{Quoting.Shorten(said)}' in {ModelManifest.FileName}, but the graph's outputs are: {string.Join(", ", declared.Select(output => output.Name))}");
            return Array.Exists(candidates, output => output.Name == said)
                ? new ScoresOutput(named, $"{ModelManifest.FileName} names it")
                : throw new ModelLoadException($"output.name is '{said}' in {ModelManifest.FileName}, but {Unfit(named, measured)}");
        }

        return candidates switch
        {
            [] when declared is [var only] => throw new ModelLoadException(Unfit(only, measured)),
            [] => throw new ModelLoadException($"none of the graph's {declared.Count} outputs is one row of at least two class scores: {string.Join("; ", declared.Select(output => Unfit(output, measured)))}"),
            [var only] when declared.Count == 1 => Take(only, "it is the graph's only output"),
            [var only] => Take(only, "it is the only output that is one row of at least two float scores"),
            _ => ChooseByEvidence(candidates, onnx.RunEach(input, inputShape, samples, candidates)),
        };
    }

    private ScoresOutput Take(OnnxTensorInfo output, string reason) => new(onnx.Outputs.First(declared => declared.Name == output.Name), reason);

    private ScoresOutput ChooseByEvidence(OnnxTensorInfo[] candidates, List<float[]>[] rows)
    {
        var left = candidates;
        if (manifest.Labels is { Count: var count } && candidates.Where(output => ClassesOf(output) == count).ToArray() is { Length: > 0 } labelled)
        {
            left = labelled;
            if (left is [var only])
            {
                return Take(only, $"of {candidates.Length} outputs that could be the scores, it has as many numbers as there are labels");
            }
        }

        // An output that sums to 1 tells how many classes there are; the logits in front of it have as many.
        var summing = left.Where(output => SumsToOne(output, rows[Array.IndexOf(candidates, output)])).ToArray();
        if (summing.Select(ClassesOf).Distinct().ToArray() is [var classes])
        {
            left = [.. left.Where(output => ClassesOf(output) == classes)];
            if (left is [var only])
            {
                return Take(only, $"of {candidates.Length} outputs that could be the scores, its numbers sum to 1");
            }
        }

        return ByName(left, candidates.Length)
            ?? (summing is [var sum] ? Take(sum, $"of {candidates.Length} outputs that could be the scores, its numbers sum to 1") : throw Ambiguous(left));
    }

    private bool SumsToOne(OnnxTensorInfo output, List<float[]> rows) =>
        ScoresReading.SumsToOne(rows, GraphEnding.Of(onnx.Graph, output.Name), output.ElementType == "float16");

    private ScoresOutput? ByName(OnnxTensorInfo[] candidates, int count)
    {
        foreach (var (name, isWhole) in Names)
        {
            var matches = candidates.Where(output => isWhole ? output.Name.Equals(name, StringComparison.OrdinalIgnoreCase) : output.Name.Contains(name, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (matches is [var match])
            {
                return Take(match, $"of {count} outputs that could be the scores, its name {(isWhole ? "is" : "has")} '{name}'");
            }

            if (matches.Length > 1)
            {
                return null;
            }
        }

        return null;
    }

    private ModelLoadException Ambiguous(OnnxTensorInfo[] candidates) => new(
        $"{candidates.Length} of the graph's outputs could be the class scores: {string.Join(", ", candidates.Select(output => $"{output.Name} {Take(output, "").Tensor.ShapeText}"))}; "
        + $"say which in {ModelManifest.FileName}, as in \"output\": {{ \"name\": \"{candidates[0].Name}\" }}");

    private static int ClassesOf(OnnxTensorInfo measured) => measured.Shape.Max();

    private string Unfit(OnnxTensorInfo output, IReadOnlyList<OnnxTensorInfo> measured)
    {
        if (measured.FirstOrDefault(one => one.Name == output.Name) is { } floats)
        {
            return $"output '{output.Name}' has the shape {floats.ShapeText} for one image; a classifier gives one row of at least two class scores";
        }

        return onnx.Graph.ProducerOf(output.Name) is { OpType: "ZipMap" }
            ? $"output '{output.Name}' is a list of maps that ZipMap makes; export it with zipmap=False"
            : $"output '{output.Name}' holds {output.ElementType}; a tensor of float or float16 is needed";
    }
}

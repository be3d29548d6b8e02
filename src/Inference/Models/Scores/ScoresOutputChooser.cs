using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models.Scores;

/// <summary>
/// Finds the output of a graph that holds the class scores: by the manifest's statement, then by the numbers that the
/// outputs give, then by their names.
/// </summary>
/// <param name="onnx">The graph.</param>
/// <param name="manifest">What the model's owner states.</param>
/// <param name="input">The graph's input.</param>
/// <param name="resolved">How the input holds images.</param>
internal sealed class ScoresOutputChooser(
    OnnxModel onnx, ModelManifest manifest, OnnxTensorInfo input, ResolvedInput resolved)
{
    // From the clearest name to the vaguest. A rule that only one output matches decides; one that several match leaves
    // the choice ambiguous.
    private static readonly (string Name, bool IsWhole)[] Names =
    [
        ("logits", true), ("logit", false),
        ("probabilities", true), ("prob", false), ("softmax", false),
        ("scores", true), ("score", false),
        ("output", true), ("output", false),
    ];

    /// <param name="measured">The outputs that could hold scores, with their sizes in one run.</param>
    /// <param name="samples">Items to run when several outputs could hold the scores.</param>
    /// <exception cref="ModelLoadException">
    /// No output is one row of scores, or several could be and nothing tells them apart.
    /// </exception>
    public ScoresOutput Choose(IReadOnlyList<OnnxTensorInfo> measured, IReadOnlyList<float[]> samples)
    {
        OnnxTensorInfo[] candidates =
        [
            .. measured.Select(output => output.OfOneItem(resolved.Batch))
                .OfType<OnnxTensorInfo>()
                .Where(output => output.IsRowOfScores),
        ];
        if (manifest.Output?.Name is { } stated)
        {
            // The maps of a ZipMap hold the numbers of its input, which is an output, too.
            var floats = onnx.Graph.ProducerOf(stated) is { IsZipMap: true, Inputs: [var input] } ? input : stated;
            return ChooseStated(
                Array.Exists(candidates, output => output.Name == floats) ? floats : stated, candidates, measured);
        }

        return candidates switch
        {
            [] => throw NoCandidate(measured),
            [var only] when onnx.Outputs.Count == 1 => Take(only, "it is the graph's only output"),
            [var only] => Take(only, "it is the only output that is one row of at least two float scores"),
            _ => ChooseByEvidence(
                candidates, onnx.RunEach(input, resolved.Shape, samples, resolved.Batch, candidates)),
        };
    }

    private ScoresOutput ChooseStated(
        string stated, OnnxTensorInfo[] candidates, IReadOnlyList<OnnxTensorInfo> measured)
    {
        if (onnx.Outputs.FirstOrDefault(output => output.Name == stated) is not { } named)
        {
            throw new ModelLoadException(
                $"output.name is '{Quoting.Shorten(stated)}' in {ModelManifest.FileName}, but the graph's outputs are: "
                + string.Join(", ", onnx.Outputs.Select(output => output.Name)));
        }

        return Array.Exists(candidates, output => output.Name == stated)
            ? new ScoresOutput(named, $"{ModelManifest.FileName} names it")
            : throw new ModelLoadException(
                $"output.name is '{stated}' in {ModelManifest.FileName}, but {Unfit(named, measured)}");
    }

    private ScoresOutput Take(OnnxTensorInfo output, string reason) =>
        new(onnx.Outputs.First(declared => declared.Name == output.Name), reason);

    private ScoresOutput ChooseByEvidence(OnnxTensorInfo[] candidates, List<float[]>[] rows)
    {
        var left = candidates;
        if (manifest.Labels is { Count: var count }
            && candidates.Where(output => ClassesOf(output) == count).ToArray() is { Length: > 0 } labelled)
        {
            left = labelled;
            if (left is [var only])
            {
                return TakeOneOf(candidates.Length, only, "it has as many numbers as there are labels");
            }
        }

        // An output that sums to 1 shows how many classes there are; the logits in front of it have as many.
        var summing = left.Where(output => SumsToOne(output, rows[Array.IndexOf(candidates, output)])).ToArray();
        if (summing.Select(ClassesOf).Distinct().ToArray() is [var classes])
        {
            left = [.. left.Where(output => ClassesOf(output) == classes)];
            if (left is [var only])
            {
                return TakeOneOf(candidates.Length, only, "its numbers sum to 1");
            }
        }

        return ChooseByName(left, candidates.Length)
            ?? (summing is [var sum]
                ? TakeOneOf(candidates.Length, sum, "its numbers sum to 1")
                : throw Ambiguous(left));
    }

    private ScoresOutput TakeOneOf(int count, OnnxTensorInfo output, string reason) =>
        Take(output, $"of {count} outputs that could be the scores, {reason}");

    private bool SumsToOne(OnnxTensorInfo output, List<float[]> rows) => OutputKindChooser.SumsToOne(
        rows, GraphEnding.Of(onnx.Graph, output.Name), output.ElementType == "float16");

    private ScoresOutput? ChooseByName(OnnxTensorInfo[] candidates, int count)
    {
        foreach (var (name, isWhole) in Names)
        {
            var matches = candidates.Where(output => isWhole
                ? output.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                : output.Name.Contains(name, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (matches is [var match])
            {
                return TakeOneOf(count, match, $"its name {(isWhole ? "is" : "has")} '{name}'");
            }

            if (matches.Length > 1)
            {
                return null;
            }
        }

        return null;
    }

    private static int ClassesOf(OnnxTensorInfo measured) => measured.Shape.Max();

    private ModelLoadException NoCandidate(IReadOnlyList<OnnxTensorInfo> measured) => new(
        onnx.Outputs is [var only]
            ? Unfit(only, measured)
            : $"none of the graph's {onnx.Outputs.Count} outputs is one row of at least two class scores: "
                + string.Join("; ", onnx.Outputs.Select(output => Unfit(output, measured))));

    private ModelLoadException Ambiguous(OnnxTensorInfo[] candidates)
    {
        var names = candidates.Select(output => $"{output.Name} {Take(output, "").Tensor.ShapeText}");
        return new ModelLoadException(
            $"{candidates.Length} of the graph's outputs could be the class scores: {string.Join(", ", names)}; say "
            + $"which in {ModelManifest.FileName}, as in \"output\": {{ \"name\": \"{candidates[0].Name}\" }}");
    }

    private string Unfit(OnnxTensorInfo output, IReadOnlyList<OnnxTensorInfo> measured)
    {
        if (measured.FirstOrDefault(one => one.Name == output.Name) is { } floats)
        {
            var shape = $"output '{output.Name}' has the shape {floats.ShapeText} for "
                + (resolved.Batch == 1 ? "one image" : $"{resolved.Batch} images");
            return floats.Shape.Aggregate(1L, (count, size) => count * size) == resolved.Batch
                ? $"{shape}: a binary classifier with one score. One with two scores is served: export it with a "
                    + "softmax over 2 classes, or append the logits [0, x] of the one logit x (with a sigmoid at the "
                    + "end, the probabilities [1 - p, p])"
                : $"{shape}; a classifier gives one row of 2 to {OnnxTensorInfo.MaxClasses} class scores for each";
        }

        return onnx.Graph.ProducerOf(output.Name) is { IsZipMap: true }
            ? $"output '{output.Name}' is a list of maps that ZipMap makes; export it with zipmap=False"
            : $"output '{output.Name}' holds {output.ElementType}; a tensor of float, float16 or double is needed, or "
                + "one of uint8 or int8 that a QuantizeLinear with a constant scale makes";
    }
}

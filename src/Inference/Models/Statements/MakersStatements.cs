using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models.Statements;

/// <summary>Joins what makers' files state, field by field.</summary>
internal static class MakersStatements
{
    /// <summary>
    /// The first value that is stated of each field, with a warning where another file states a value that means
    /// something else.
    /// </summary>
    /// <param name="statements">What each file states, from the one that is believed first.</param>
    /// <param name="input">The graph's input, which settles some of it; null if it is not known.</param>
    public static StatedModel Merge(IReadOnlyList<StatedModel> statements, OnnxTensorInfo? input)
    {
        var merged = statements.Aggregate(new StatedModel(), (all, next) => all.Over(next));
        return merged with
        {
            Doubts = [.. merged.Doubts, .. new Contradictions(merged, statements).Find(input)],
        };
    }
}

using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Api.OpenInference;

internal enum OutputSource
{
    Graph,
    Logits,
    Probabilities,
}

/// <summary>
/// An output that a model offers: one of the graph's own, or our <c>logits</c> or <c>probabilities</c>. An output of
/// the graph that has one of those two names is hidden by ours, so that the name means the same on every model.
/// </summary>
internal sealed record OfferedOutput(
    string Name, TensorDatatype Datatype, IReadOnlyList<long> DeclaredShape, OutputSource Source)
{
    public const string Logits = "logits";
    public const string Probabilities = "probabilities";

    public static IReadOnlyList<OfferedOutput> Of(ClassifierModel model, TensorInput input)
    {
        long[] scoresShape = [input.HasBatchAxis ? OnnxTensorInfo.Dynamic : 1, model.ClassCount];
        return
        [
            .. OfGraph(model),
            new OfferedOutput(Logits, TensorDatatype.Fp32, scoresShape, OutputSource.Logits),
            new OfferedOutput(Probabilities, TensorDatatype.Fp32, scoresShape, OutputSource.Probabilities),
        ];
    }

    private static IEnumerable<OfferedOutput> OfGraph(ClassifierModel model)
    {
        foreach (var output in model.GraphOutputs)
        {
            if (output.Name is not (Logits or Probabilities)
                && TensorDatatype.OfOnnx(output.ElementType) is { } datatype)
            {
                yield return new OfferedOutput(output.Name, datatype, [.. output.Shape], OutputSource.Graph);
            }
        }
    }
}

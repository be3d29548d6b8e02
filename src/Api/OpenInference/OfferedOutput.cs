using System.Runtime.InteropServices;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Faults;
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
/// An output that a model offers: the graph's own, and our <c>logits</c> and <c>probabilities</c>. Where the graph has
/// one of those names, ours is meant, so that the name says the same on every model.
/// </summary>
internal sealed record OfferedOutput(
    string Name, TensorDatatype Datatype, IReadOnlyList<long> DeclaredShape, OutputSource Source)
{
    public const string Logits = "logits";
    public const string Probabilities = "probabilities";

    public static IReadOnlyList<OfferedOutput> Of(ClassifierModel model)
    {
        long[] scoresShape = [TensorInput.Of(model).HasBatchAxis ? OnnxTensorInfo.Dynamic : 1, model.ClassCount];
        return
        [
            .. model.GraphOutputs
                .Where(output => output.Name is not (Logits or Probabilities))
                .Select(output => (Output: output, Datatype: TensorDatatype.OfOnnx(output.ElementType)))
                .Where(pair => pair.Datatype is not null)
                // The line above leaves no null.
                .Select(
                    pair => new OfferedOutput(
                        pair.Output.Name, pair.Datatype!, [.. pair.Output.Shape], OutputSource.Graph)),
            new OfferedOutput(Logits, TensorDatatype.Fp32, scoresShape, OutputSource.Logits),
            new OfferedOutput(Probabilities, TensorDatatype.Fp32, scoresShape, OutputSource.Probabilities),
        ];
    }

    /// <summary>
    /// The outputs that a request wants, each with how it wants them; all that are offered where it names none.
    /// </summary>
    public static IReadOnlyList<(OfferedOutput Output, RequestedOutput How)> Select(
        ClassifierModel model, InferRequest request)
    {
        var offered = Of(model);
        (OfferedOutput Output, RequestedOutput How)[] selected =
        [
            .. request.Outputs.Count == 0
                ? offered.Select(output =>
                    (output, new RequestedOutput(output.Name, Classification: null, request.OutputsAsJson)))
                : request.Outputs.Select(how =>
                    (offered.FirstOrDefault(output => output.Name == how.Name)
                        ?? throw Unknown(how.Name, model, offered), how)),
        ];
        foreach (var (output, how) in selected)
        {
            if (how.AsJson && how.Classification is null && !output.Datatype.HasTypedForm)
            {
                throw new RequestException(
                    Problem.BadRequest,
                    $"Output '{output.Name}' is {output.Datatype.Name}, which the protocol gives no form in JSON. "
                    + $"Ask for it in binary ({InferParameters.BinaryData}: true), or name other outputs.");
            }
        }

        return selected;
    }

    /// <summary>
    /// The most bytes that this output may have in an answer, as far as the graph tells; a size that it leaves open
    /// counts as 1.
    /// </summary>
    public long MostBytes(ClassifierModel model, int items, RequestedOutput how)
    {
        var columns = DeclaredShape.Skip(
            Source == OutputSource.Graph && !TensorInput.Of(model).HasBatchAxis ? 0 : 1).Aggregate(1L, (
                product, size) =>
                product * Math.Max(size, 1));
        return how.Classification is { } count
            ? items * ((Math.Min(count, columns) * OutputTensor.ClassBytes) + AnswerSize.Of(model).OfLabels(count))
            : items * columns * OutputTensor.ElementBytes(Datatype, how.AsJson);
    }

    /// <summary>Takes this output out of the model's answer.</summary>
    public OutputTensor Read(TensorAnswer answer, ClassifierModel model, RequestedOutput how)
    {
        if (Source == OutputSource.Graph)
        {
            var tensor = answer.GraphOutputs.First(output => output.Name == Name);
            var rows = TensorInput.Of(model).HasBatchAxis && tensor.Shape.Count > 0 && tensor.Shape[0] == answer.Count
                ? answer.Count
                : 1;
            return how.Classification is { } topK
                ? Classified(TopClasses.Of(Datatype, tensor.Bytes, rows, topK, model.Labels), rows, how)
                : new OutputTensor(Name, Datatype, [.. tensor.Shape], tensor.Bytes, Elements: null, how.AsJson);
        }

        var values = Source == OutputSource.Logits ? answer.Logits : answer.Probabilities;
        return how.Classification is { } count
            ? Classified(TopClasses.Of(values, answer.Logits, answer.Count, count, model.Labels), answer.Count, how)
            : new OutputTensor(
                Name,
                Datatype,
                [answer.Count, answer.ClassCount],
                MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
                Elements: null,
                how.AsJson);
    }

    private OutputTensor Classified(byte[][] elements, int rows, RequestedOutput how) =>
        new(
            Name,
            TensorDatatype.Bytes,
            [rows, elements.Length / rows],
            ReadOnlyMemory<byte>.Empty,
            elements,
            how.AsJson);

    private static RequestException Unknown(string name, ClassifierModel model, IReadOnlyList<OfferedOutput> offered) =>
        new(
        Problem.BadRequest,
        $"Model '{model.Name}' has no output '{Quoting.Shorten(name)}'. The outputs are: "
        + $"{string.Join(", ", offered.Select(output => Quoting.Shorten(output.Name)))}.");
}

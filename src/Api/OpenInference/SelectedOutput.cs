using System.Runtime.InteropServices;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>An output that a model offers, and the form in which a request wants it.</summary>
internal sealed record SelectedOutput(OfferedOutput Output, RequestedOutput Requested)
{
    /// <summary>The outputs that a request names, or all that the model offers where it names none.</summary>
    public static IReadOnlyList<SelectedOutput> Of(InferRequest request, ClassifierModel model, TensorInput input)
    {
        var offered = OfferedOutput.Of(model, input);
        SelectedOutput[] selected = request.Outputs.Count == 0
            ? [.. offered.Select(output => new SelectedOutput(output, AsOffered(output, request)))]
            : [.. request.Outputs.Select(one => new SelectedOutput(Find(one.Name, offered, model), one))];
        foreach (var (output, requested) in selected)
        {
            if (requested.AsJson && requested.Classification is null && !output.Datatype.HasTypedForm)
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
    /// The most bytes that this output may have in a response, as far as the graph declares it; an open size counts as
    /// 1.
    /// </summary>
    public long MaxBytes(ClassifierModel model, TensorInput input, int items)
    {
        var isWhole = Output.Source == OutputSource.Graph && !input.HasBatchAxis;
        var columns = Output.DeclaredShape
            .Skip(isWhole ? 0 : 1)
            .Aggregate(1L, (product, size) => product * Math.Max(size, 1));
        return Requested.Classification is { } count
            ? items * ((Math.Min(count, columns) * OutputTensor.ClassBytes) + LabelSizes.Of(model).OfAny(count))
            : items * columns * OutputTensor.ElementBytes(Output.Datatype, Requested.AsJson);
    }

    /// <summary>Takes this output from the model's answer.</summary>
    public OutputTensor Read(TensorAnswer answer, ClassifierModel model, TensorInput input)
    {
        if (Output.Source == OutputSource.Graph)
        {
            return ReadGraph(answer, model, input);
        }

        var values = Output.Source == OutputSource.Logits ? answer.Logits : answer.Probabilities;
        return Requested.Classification is { } topK
            ? Classified(TopClasses.Of(values, answer, topK, model.Labels), answer.Count)
            : new OutputTensor(
                Output.Name,
                Output.Datatype,
                [answer.Count, answer.ClassCount],
                MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
                Elements: null,
                Requested.AsJson);
    }

    private OutputTensor ReadGraph(TensorAnswer answer, ClassifierModel model, TensorInput input)
    {
        var tensor = answer.GraphOutputs.First(output => output.Name == Output.Name);
        var followsBatch = input.HasBatchAxis && tensor.Shape.Count > 0 && tensor.Shape[0] == answer.Count;
        var rows = followsBatch ? answer.Count : 1;
        return Requested.Classification is { } topK
            ? Classified(TopClasses.Of(Output.Datatype, tensor.Bytes, rows, topK, model.Labels), rows)
            : new OutputTensor(
                Output.Name, Output.Datatype, [.. tensor.Shape], tensor.Bytes, Elements: null, Requested.AsJson);
    }

    private OutputTensor Classified(byte[][] elements, int rows) => new(
        Output.Name,
        TensorDatatype.Bytes,
        [rows, elements.Length / rows],
        ReadOnlyMemory<byte>.Empty,
        elements,
        Requested.AsJson);

    private static RequestedOutput AsOffered(OfferedOutput output, InferRequest request) =>
        new(output.Name, Classification: null, request.OutputsAsJson);

    private static OfferedOutput Find(string name, IReadOnlyList<OfferedOutput> offered, ClassifierModel model) =>
        offered.FirstOrDefault(output => output.Name == name)
        ?? throw new RequestException(
            Problem.BadRequest,
            $"Model '{model.Name}' has no output '{Quoting.Shorten(name)}'. The outputs are: "
            + $"{string.Join(", ", offered.Select(output => Quoting.Shorten(output.Name)))}.");
}

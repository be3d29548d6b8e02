using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>A request for inference, checked and resolved against the model that answers it.</summary>
/// <param name="Model">The model that answers.</param>
/// <param name="Id">The client's name for the request, echoed where it gave one.</param>
/// <param name="Input">The tensor that the model takes.</param>
/// <param name="Tensors">What is asked of the model.</param>
/// <param name="Outputs">The outputs of the response, in its order.</param>
/// <param name="Timeout">How long the client waits; null for as long as the service allows.</param>
internal sealed record InferPlan(
    ClassifierModel Model,
    string? Id,
    TensorInput Input,
    TensorRequest Tensors,
    IReadOnlyList<SelectedOutput> Outputs,
    TimeSpan? Timeout)
{
    public static InferPlan Resolve(InferRequest request, ClassifierModel model, LimitsOptions limits)
    {
        var input = TensorInput.Of(model);
        var outputs = SelectedOutput.Of(request, model, input);
        var ours = outputs.Where(selected => selected.Output.Source != OutputSource.Graph).ToArray();
        var graphs = outputs.Where(selected => selected.Output.Source == OutputSource.Graph);
        var tensors = InputBatch.Read(model, input, request.Inputs, limits.MaxImagesPerRequest) with
        {
            Temperature = request.Parameters.ReadTemperature(),
            Scores = ours.Length > 0,
            TopK = ours.Max(selected => selected.Requested.Classification) ?? 1,
            GraphOutputs = [.. graphs.Select(selected => selected.Output.Name).Distinct()],
        };

        RejectTooLarge(outputs.Sum(output => output.MaxBytes(model, input, tensors.Count)), tensors.Count, limits);
        return new InferPlan(model, request.Id, input, tensors, outputs, request.Parameters.ReadTimeout());
    }

    /// <summary>The response, which may still be too large: a graph may leave sizes of its outputs open.</summary>
    public InferResponse Respond(TensorAnswer answer, LimitsOptions limits)
    {
        OutputTensor[] outputs = [.. Outputs.Select(selected => selected.Read(answer, Model, Input))];
        RejectTooLarge(outputs.Sum(output => output.MaxBytes), Tensors.Count, limits);
        return new InferResponse(
            Model.Name, Model.Version, Id, Tensors.Scores ? answer.Temperature : null, outputs);
    }

    private static void RejectTooLarge(long bytes, int items, LimitsOptions limits)
    {
        if (bytes > limits.MaxResponseBytes)
        {
            throw AnswerSize.TooLarge(
                limits,
                $"The answer to {items} item(s)",
                $"Ask for fewer items at a time, for fewer outputs, in binary ({InferParameters.BinaryData}: true), "
                + $"or for the highest classes alone ({InferParameters.Classification}).");
        }
    }
}

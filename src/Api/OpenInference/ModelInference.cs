using SoftmaxService.Api.Load;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Answers a request for inference: the one way that REST and gRPC both go.</summary>
internal static class ModelInference
{
    public static async Task<InferResponse> AnswerAsync(
        ClassifierModel model, InferRequest request, LimitsOptions limits, CancellationToken cancellationToken)
    {
        var outputs = OfferedOutput.Select(model, request);
        var wantsScores = outputs.Any(selected => selected.Output.Source != OutputSource.Graph);
        var tensors = InputBatch.Read(model, request.Inputs, limits.MaxImagesPerRequest) with
        {
            Temperature = request.Parameters.ReadTemperature(),
            Scores = wantsScores,
            GraphOutputs =
            [
                .. outputs
                    .Where(selected => selected.Output.Source == OutputSource.Graph)
                    .Select(selected => selected.Output.Name)
                    .Distinct(),
            ],
        };

        RefuseTooLarge(
            outputs.Sum(selected => selected.Output.MostBytes(model, tensors.Count, selected.How)),
            tensors.Count,
            limits);
        var answer = await ClassifyInTimeAsync(model, tensors, request.Parameters.ReadTimeout(), cancellationToken);
        OutputTensor[] results = [.. outputs.Select(selected => selected.Output.Read(answer, model, selected.How))];
        // Once more: a graph may leave sizes open.
        RefuseTooLarge(results.Sum(output => output.MostBytes), tensors.Count, limits);
        return new InferResponse(
            model.Name, model.Version, request.Id, wantsScores ? answer.Temperature : null, results);
    }

    private static void RefuseTooLarge(long bytes, int items, LimitsOptions limits)
    {
        if (bytes > limits.MaxResponseBytes)
        {
            throw AnswerSize.TooLarge(
                limits,
                $"The answer to {items} item(s)",
                $"Ask for fewer items at a time, for fewer outputs, in binary ({InferParameters.BinaryData}: "
                + $"true), or for the highest classes alone ({InferParameters.Classification}).");
        }
    }

    private static async Task<TensorAnswer> ClassifyInTimeAsync(
        ClassifierModel model, TensorRequest tensors, TimeSpan? time, CancellationToken cancellationToken)
    {
        if (time is null)
        {
            return await TensorClassifier.ClassifyAsync(model, tensors, cancellationToken);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(time.Value);
        try
        {
            return await TensorClassifier.ClassifyAsync(model, tensors, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw LoadControl.OutOfTime(time.Value);
        }
    }
}

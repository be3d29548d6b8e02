using SoftmaxService.Api.Hosting;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Answers a request for inference: the one way that REST and gRPC both go.</summary>
internal static class ModelInference
{
    public static async Task<InferResponse> AnswerAsync(ClassifierModel model, InferRequest request, LimitsOptions limits, CancellationToken cancellationToken)
    {
        var outputs = OfferedOutput.Select(model, request);
        var wantsScores = outputs.Any(selected => selected.Output.Source != OutputSource.Graph);
        var tensors = InputBatch.Read(model, request.Inputs, limits.MaxImagesPerRequest) with
        {
            Temperature = request.Parameters.ReadTemperature(),
            Scores = wantsScores,
            GraphOutputs = [.. outputs.Where(selected => selected.Output.Source == OutputSource.Graph).Select(selected => selected.Output.Name).Distinct()],
        };

        var answer = await ClassifyInTimeAsync(model, tensors, request.Parameters.ReadTimeout(), cancellationToken);
        return new InferResponse(
            model.Name,
            model.Version,
            request.Id,
            wantsScores ? answer.Temperature : null,
            [.. outputs.Select(selected => selected.Output.Read(answer, model, selected.How))]);
    }

    private static async Task<TensorAnswer> ClassifyInTimeAsync(ClassifierModel model, TensorRequest tensors, TimeSpan? time, CancellationToken cancellationToken)
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

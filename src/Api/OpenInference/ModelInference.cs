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

        var answer = await TensorClassifier.ClassifyAsync(model, tensors, cancellationToken);
        return new InferResponse(
            model.Name,
            model.Version,
            request.Id,
            wantsScores ? answer.Temperature : null,
            [.. outputs.Select(selected => selected.Output.Read(answer, model, selected.How))]);
    }
}

using SoftmaxService.Api.Load;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Answers a request for inference, whether it came by REST or by gRPC.</summary>
internal static class ModelInference
{
    public static async Task<InferResponse> AnswerAsync(
        ClassifierModel model, InferRequest request, LimitsOptions limits, CancellationToken cancellationToken)
    {
        var plan = InferPlan.Resolve(request, model, limits);
        var answer = await ClassifyInTimeAsync(plan, cancellationToken);
        return plan.Respond(answer, limits);
    }

    private static async Task<TensorAnswer> ClassifyInTimeAsync(InferPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Timeout is not { } timeout)
        {
            return await TensorClassifier.ClassifyAsync(plan.Model, plan.Tensors, cancellationToken);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            return await TensorClassifier.ClassifyAsync(plan.Model, plan.Tensors, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw LoadControl.OutOfTime(timeout);
        }
    }
}

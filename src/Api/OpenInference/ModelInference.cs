using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.Access;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Answers a request for inference, whether it came by REST or by gRPC.</summary>
internal static class ModelInference
{
    public static async Task<InferResponse> AnswerAsync(
        HttpContext context,
        InferPlan plan,
        LimitsOptions limits,
        ImageRates rates,
        CancellationToken cancellationToken)
    {
        if (rates.Charge(context, plan.Model, plan.Tensors.Images, plan.Tensors.Count) is { } rejection)
        {
            throw new RequestException(rejection.Problem, rejection.Detail);
        }

        var deadline = context.Features.GetRequiredFeature<RequestDeadline>();
        var answer = await ClassifyWithTimeoutAsync(context, plan, deadline, cancellationToken);
        return plan.Respond(answer, limits);
    }

    /// <summary>
    /// A client's timeout ends when its answer is computed; writing the answer takes as long as the client reads.
    /// </summary>
    private static async Task<TensorAnswer> ClassifyWithTimeoutAsync(
        HttpContext context, InferPlan plan, RequestDeadline deadline, CancellationToken cancellationToken)
    {
        if (plan.Timeout is not { } timeout || !deadline.TryShorten(timeout))
        {
            return await TensorClassifier.ClassifyAsync(plan.Model, plan.Tensors, cancellationToken);
        }

        try
        {
            return await TensorClassifier.ClassifyAsync(plan.Model, plan.Tensors, cancellationToken);
        }
        catch (OperationCanceledException) when (deadline.IsExpired)
        {
            throw LoadControl.TimedOut(context, timeout);
        }
        finally
        {
            deadline.Restore();
        }
    }
}

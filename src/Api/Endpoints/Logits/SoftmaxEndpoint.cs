using System.Net.Mime;
using Microsoft.AspNetCore.Http.HttpResults;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary><c>POST /softmax</c>: logits in, probabilities out. It touches no model.</summary>
internal static class SoftmaxEndpoint
{
    public static void MapSoftmax(this IEndpointRouteBuilder routes)
    {
        // Captured: a handler that takes services as parameters opens a scope for each request.
        var gate = routes.ServiceProvider.GetRequiredService<ComputeGate>();
        var largeGate = routes.ServiceProvider.GetRequiredKeyedService<ComputeGate>(LogitsCost.LargeGate);
        var json = routes.ServiceProvider.GetRequiredService<RequestJson>();
        var limits = routes.ServiceProvider.GetRequiredService<LimitsOptions>();
        var bodies = routes.ServiceProvider.GetRequiredService<BodyBudget>();
        routes.ServiceProvider.GetRequiredService<LargeLogitsMetrics>(); // measures from now on
        routes
            .MapPost(
                "/softmax",
                (HttpRequest request, CancellationToken cancellationToken) =>
                    AnswerAsync(request, gate, largeGate, json, limits, bodies, cancellationToken))
            .WithName("Softmax")
            .WithTags("Softmax")
            .WithSummary("Turns logits into probabilities")
            .WithDescription(
                "p_i = exp(z_i / T) / Σ_j exp(z_j / T), computed so that no finite logit and no temperature overflows. "
                + "Give one row, or many rows of the same length, with one temperature for all or one for each row. "
                + "The string \"-Infinity\" masks a class: its probability is exactly 0. "
                + "As application/octet-stream, rows are little-endian 32-bit floats, and so is the answer.")
            .Describe(SoftmaxDocumentation.Apply, SoftmaxBinary.Parameters)
            .Answers(
            [
                Problem.MalformedJson, Problem.InvalidLogits, Problem.InvalidTemperature, Problem.InvalidLabels,
                Problem.InvalidParameter, Problem.BodyTooLarge, Problem.TooManyLogits, Problem.AnswerTooLarge,
                Problem.UnsupportedMediaType, .. Problem.CommonToAllWork,
            ]);
    }

    private static async Task<Results<SoftmaxResponse, BinaryRows>> AnswerAsync(
        HttpRequest request,
        ComputeGate gate,
        ComputeGate largeGate,
        RequestJson json,
        LimitsOptions limits,
        BodyBudget bodies,
        CancellationToken cancellationToken)
    {
        var mediaType = MediaTypes.Of(request);
        if (mediaType == MediaTypeNames.Application.Octet)
        {
            return await SoftmaxBinary.AnswerAsync(request, gate, largeGate, limits, cancellationToken);
        }

        if (!MediaTypes.IsJson(mediaType))
        {
            throw MediaTypes.Reject(
                request, $"{MediaTypeNames.Application.Json} or {MediaTypeNames.Application.Octet}");
        }

        QueryParameter.RejectUnknown(request, []);
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        var bodyMemory = request.HttpContext.Features.Get<IBodyMemory>();
        if (LogitsCost.IsLongJson(body))
        {
            return await AnswerLongAsync(body, bodyMemory, largeGate, json, limits, bodies, cancellationToken);
        }

        using var permit = await gate.EnterAsync(cancellationToken);
        return Answer(body, bodyMemory, json, limits, bodies, largeGate: null);
    }

    private static async Task<SoftmaxResponse> AnswerLongAsync(
        PooledBody body,
        IBodyMemory? bodyMemory,
        ComputeGate largeGate,
        RequestJson json,
        LimitsOptions limits,
        BodyBudget bodies,
        CancellationToken cancellationToken)
    {
        using var permit = await largeGate.EnterAsync(cancellationToken);
        return await OwnThread.RunAsync(() => Answer(body, bodyMemory, json, limits, bodies, largeGate));
    }

    private static SoftmaxResponse Answer(
        PooledBody body,
        IBodyMemory? bodyMemory,
        RequestJson json,
        LimitsOptions limits,
        BodyBudget bodies,
        ComputeGate? largeGate)
    {
        var plan = SoftmaxPlan.Resolve(json.Deserialize<SoftmaxRequest>(body, "logits"));
        SoftmaxResponse.CheckSize(plan, limits);
        var memory = AnswerMemory.Reserve(plan.AnswerBytes, body, bodyMemory, bodies);
        try
        {
            return new SoftmaxResponse(plan, plan.Compute(), memory, largeGate);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}

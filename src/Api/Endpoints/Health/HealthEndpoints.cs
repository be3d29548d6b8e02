using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Endpoints.Health;

/// <summary><c>GET /health/live</c> and <c>/health/ready</c>, for load balancers and orchestrators.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health").AnswersProbes().AllowAnonymous();

        health.MapGet("/live", Live)
            .WithName("Live")
            .WithSummary("Reports that the process responds");

        health.MapGet("/ready", Ready)
            .WithName("Ready")
            .WithSummary("Reports whether models are loaded and warmed up")
            .WithDescription(
                "503 when the default model is not served, while the models that were found at the start are still "
                + "being loaded, or when the service is shutting down (`draining`). "
                + "`loading` lists the versions that are being loaded, while there are any. "
                + "A folder that could not be loaded is listed with its reason, and does not make the rest unready; "
                + "`keepsServing` says that the version still answers with what its files held before. "
                + "`warnings` lists what was assumed about a model that is served, and can change its answers.")
            .Produces<ReadyResponse>(StatusCodes.Status503ServiceUnavailable);
    }

    private static Ok<LiveResponse> Live() => TypedResults.Ok(new LiveResponse("live"));

    private static Results<Ok<ReadyResponse>, JsonHttpResult<ReadyResponse>> Ready(
        ModelRepository models, Readiness readiness, HttpResponse response)
    {
        var catalog = models.Current;
        var isReady = readiness.IsReady;
        var answer = new ReadyResponse(
            isReady ? "ready" : readiness.IsShuttingDown ? "draining" : "not ready",
            [.. catalog.Models.Select(model => $"{model.Name}/{model.Version}")],
            catalog.Failures,
            catalog.Loading.Count > 0 ? catalog.Loading : null,
            [
                .. catalog.Models
                    .Where(model => model.Warnings.Count > 0)
                    .Select(model => new ModelWarnings(model.Name, model.Version, model.Warnings)),
            ]);
        if (isReady)
        {
            return TypedResults.Ok(answer);
        }

        response.Headers[HeaderNames.RetryAfter] = Readiness.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        return TypedResults.Json(
            answer, HealthJsonContext.Default.ReadyResponse, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

/// <summary>The process answers.</summary>
internal sealed record LiveResponse(string Status);

/// <summary>
/// Whether the service can classify, with what, what it could not load or is loading, and what it had to assume.
/// </summary>
internal sealed record ReadyResponse(
    string Status,
    IReadOnlyList<string> Models,
    IReadOnlyList<ModelLoadFailure> Failures,
    IReadOnlyList<ModelIdentity>? Loading,
    IReadOnlyList<ModelWarnings> Warnings);

/// <summary>What was assumed about a version that is served.</summary>
internal sealed record ModelWarnings(string Name, string Version, IReadOnlyList<string> Warnings);

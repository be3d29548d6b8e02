using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// <c>/v2…</c>: server, health and models of the Open Inference Protocol; inference and the repository have files of
/// their own.
/// </summary>
internal static class OpenInferenceEndpoints
{
    public const string Root = "/v2";
    public const string Tag = "Open Inference Protocol";

    public static void MapOpenInference(this IEndpointRouteBuilder routes)
    {
        var v2 = routes.MapGroup(Root).WithTags(Tag);

        v2.MapGet("", Server)
            .WithName("ServerMetadata")
            .WithSummary("Names the server and its extensions of the protocol");

        v2.MapGet("/health/live", Live)
            .WithName("ServerLive")
            .WithSummary("Reports that the process responds")
            .AnswersProbes()
            .AllowAnonymous();

        v2.MapGet("/health/ready", Ready)
            .WithName("ServerReady")
            .WithSummary("Reports whether models are loaded and warmed up")
            .Produces<OpenInferenceError>(StatusCodes.Status503ServiceUnavailable)
            .AnswersProbes()
            .AllowAnonymous();

        foreach (var (path, suffix) in new[]
        {
            ("/models/{model}", ""),
            ("/models/{model}/versions/{version}", "Version"),
        })
        {
            v2.MapGet(path, Describe)
                .WithName($"Model{suffix}Metadata")
                .WithSummary("Lists a model's versions, inputs and outputs")
                .Produces<OpenInferenceError>(StatusCodes.Status404NotFound);

            v2.MapGet($"{path}/ready", ModelReady)
                .WithName($"Model{suffix}Ready")
                .WithSummary("Reports whether a model is served")
                .Produces<OpenInferenceError>(StatusCodes.Status404NotFound);
        }

        v2.MapInfer();
        v2.MapRepository();
    }

    private static Ok<ServerMetadata> Server() => TypedResults.Ok(ServedModels.Server);

    private static Ok<ServerLive> Live() => TypedResults.Ok(new ServerLive(true));

    private static Results<Ok<ServerReady>, JsonHttpResult<OpenInferenceError>> Ready(
        Readiness readiness, HttpResponse response)
    {
        if (readiness.IsReady)
        {
            return TypedResults.Ok(new ServerReady(true));
        }

        response.Headers[HeaderNames.RetryAfter] = Readiness.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        return TypedResults.Json(
            new OpenInferenceError(
                readiness.IsShuttingDown
                    ? "The service is shutting down."
                    : "The default model is not served; GET /health/ready says why."),
            OpenInferenceJsonContext.Default.OpenInferenceError,
            statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static Ok<ModelMetadata> Describe(ModelRepository models, string model, string? version) =>
        TypedResults.Ok(ServedModels.Describe(models.Current, model, version));

    private static Ok<ModelReady> ModelReady(ModelRepository models, string model, string? version) =>
        TypedResults.Ok(new ModelReady(models.Current.Find(model, version).Name, true));
}

/// <summary>The process answers.</summary>
internal sealed record ServerLive(bool Live);

/// <summary>The default model is served.</summary>
internal sealed record ServerReady(bool Ready);

/// <summary>A model is served.</summary>
internal sealed record ModelReady(string Name, bool Ready);

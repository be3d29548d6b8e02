using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.Http;

/// <summary>The one place where a fault becomes an HTTP status and a problem document (RFC 9457).</summary>
internal sealed class ProblemExceptionHandler(IProblemDetailsService problemDetails) : IExceptionHandler
{
    private const int ClientClosedRequest = 499;

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = ClientClosedRequest;
            return true;
        }

        var (problem, detail) = Describe(exception);
        context.Response.StatusCode = problem.Status;
        return await problemDetails.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            ProblemDetails = ToProblemDetails(problem, detail),
        });
    }

    /// <summary>What a client is told of a fault. The text of an unexpected exception stays in the log.</summary>
    public static (Problem Problem, string Detail) Describe(Exception exception) => exception switch
    {
        RequestException refused => (refused.Problem, refused.Message),
        InferenceException fault => (For(fault.Error), fault.Message),
        JsonException malformed => (Problem.MalformedJson, JsonFault.Describe(malformed)),
        BadHttpRequestException { InnerException: JsonException malformed } => (Problem.MalformedJson, JsonFault.Describe(malformed)),
        BadHttpRequestException bad => (Problem.ForStatus(bad.StatusCode), bad.Message),
        _ => (Problem.InternalError, "An unexpected fault; the log has it under this request's trace id."),
    };

    public static ProblemDetails ToProblemDetails(Problem problem, string? detail) => new()
    {
        Type = problem.Type,
        Status = problem.Status,
        Title = problem.Title,
        Detail = detail,
        Extensions = { ["code"] = problem.Code },
    };

    /// <summary>Gives the framework's own problem documents (unknown path, wrong method) our type, title and code.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        var details = context.ProblemDetails;
        if (!details.Extensions.ContainsKey("code"))
        {
            var problem = Problem.ForStatus(details.Status ?? context.HttpContext.Response.StatusCode);
            var ours = ToProblemDetails(problem, details.Detail ?? $"{context.HttpContext.Request.Method} {context.HttpContext.Request.Path}: {problem.Title.ToLowerInvariant()}. GET /swagger shows what there is.");
            (details.Type, details.Title, details.Detail) = (ours.Type, ours.Title, ours.Detail);
            details.Extensions["code"] = problem.Code;
        }
    }

    private static Problem For(InferenceError error) => error switch
    {
        InferenceError.ImageEmpty => Problem.ImageEmpty,
        InferenceError.ImageFormatUnsupported => Problem.ImageFormatUnsupported,
        InferenceError.ImageUndecodable => Problem.ImageUndecodable,
        InferenceError.ImageTooLarge => Problem.ImageTooLarge,
        InferenceError.ModelNotFound => Problem.ModelNotFound,
        InferenceError.VersionNotFound => Problem.VersionNotFound,
        InferenceError.ModelOutputNotFinite => Problem.ModelOutputNotFinite,
        InferenceError.NotCalibrated => Problem.NotCalibrated,
        _ => Problem.InternalError,
    };
}

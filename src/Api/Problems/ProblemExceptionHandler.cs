using System.Diagnostics;
using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Problems;

/// <summary>The one place where a fault becomes an HTTP status and a problem document (RFC 9457), under /v2 the error of that protocol, and of a gRPC call its status.</summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested || exception is ConnectionResetException)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var (problem, detail) = Describe(exception);
        if (problem == Problem.InternalError)
        {
            Unexpected(log, exception, context.Request.Method);
        }

        await WriteAsync(context, problem, detail);
        return true;
    }

    /// <summary>What a client is told of a fault. The text of an unexpected exception stays in the log.</summary>
    public static (Problem Problem, string Detail) Describe(Exception exception) => exception switch
    {
        RequestException refused => (refused.Problem, refused.Message),
        InferenceException fault => (For(fault.Error), fault.Message),
        JsonException malformed when TooDeep().Match(malformed.Message) is { Success: true } depth =>
            (Problem.MalformedJson, $"The JSON is nested deeper than {depth.Groups[1].Value} levels, the most that are read (setting Limits:MaxJsonDepth)."),
        JsonException malformed => (Problem.MalformedJson, JsonFault.Describe(malformed)),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } =>
            (Problem.RequestTooSlow, "The body came more slowly than is waited for (settings Limits:MinRequestBytesPerSecond and Limits:RateGraceSeconds)."),
        BadHttpRequestException bad => (Problem.ForStatus(bad.StatusCode), bad.Message),
        IOException { InnerException: OverflowException } => (Problem.BadRequest, "The body's chunks are not framed as HTTP says."), // Kestrel's, for a chunk of 2 GiB or more
        _ => (Problem.InternalError, "An unexpected fault; the log has it under this trace id."),
    };

    /// <summary>Answers what came about outside our handlers: an unknown path, a wrong method.</summary>
    public static Task WriteStatusAsync(HttpContext context)
    {
        var problem = Problem.ForStatus(context.Response.StatusCode);
        return WriteAsync(context, problem, $"{context.Request.Method} {Quoting.Shorten(context.Request.Path)}: {problem.Title.ToLowerInvariant()}. GET /swagger shows what there is.");
    }

    /// <summary>
    /// Over HTTP always as JSON, whatever the request accepts: a client that wants bytes or HTML still has to learn what was wrong. Without a token: one
    /// that is cancelled would make a fault of its own of a client that leaves while its answer is written.
    /// </summary>
    public static Task WriteAsync(HttpContext context, Problem problem, string detail)
    {
        if (problem.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (GrpcFaults.IsCall(context))
        {
            return GrpcFaults.AnswerAsync(context.Response, GrpcFaults.StatusOf(problem), detail);
        }

        var traceId = Activity.Current?.Id ?? context.TraceIdentifier;
        context.Response.StatusCode = problem.Status;
        if (OpenInferenceError.IsSpokenAt(context.Request.Path))
        {
            var error = new OpenInferenceError(problem == Problem.InternalError ? $"{detail} ({traceId})" : detail);
            return context.Response.WriteAsJsonAsync(error, ApiJsonContext.Default.OpenInferenceError, MediaTypeNames.Application.Json);
        }

        var document = new ProblemDetails
        {
            Type = problem.Type,
            Status = problem.Status,
            Title = problem.Title,
            Detail = detail,
            Extensions = { ["code"] = problem.Code, ["traceId"] = traceId },
        };
        return context.Response.WriteAsJsonAsync(document, ApiJsonContext.Default.ProblemDetails, MediaTypeNames.Application.ProblemJson);
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
        InferenceError.ModelRunFailed => Problem.ModelRunFailed,
        InferenceError.NotCalibrated => Problem.NotCalibrated,
        InferenceError.Overloaded => Problem.Overloaded,
        InferenceError.LabelledDataInvalid => Problem.InvalidCalibrationData,
        InferenceError.CalibrationImpossible => Problem.CalibrationImpossible,
        _ => Problem.InternalError,
    };

    [GeneratedRegex("^The maximum configured depth of (\\d+) has been exceeded")]
    private static partial Regex TooDeep();

    [LoggerMessage(LogLevel.Error, "An unexpected fault while answering {Method}")]
    private static partial void Unexpected(ILogger log, Exception exception, string method);
}

using System.Net.Mime;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Every failure under /v2, as the protocol wants it: one sentence.</summary>
internal sealed record OpenInferenceError(string Error);

/// <summary>Writes problems under /v2 as errors of the protocol, for unknown paths below it too.</summary>
internal sealed class OpenInferenceProblems : IProblemFormat
{
    public bool IsExpectedBy(HttpContext context) =>
        context.Request.Path.StartsWithSegments(OpenInferenceEndpoints.Root);

    public Task WriteAsync(HttpContext context, Problem problem, string detail)
    {
        context.Response.StatusCode = problem.Status;
        var error = problem == Problem.InternalError ? $"{detail} ({ProblemWriter.TraceIdOf(context)})" : detail;
        return context.Response.WriteAsJsonAsync(
            new OpenInferenceError(error),
            OpenInferenceJsonContext.Default.OpenInferenceError,
            MediaTypeNames.Application.Json);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Mime;
using Microsoft.AspNetCore.Mvc;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Problems;

/// <summary>
/// Writes a problem in the form that the request's edge has registered, and otherwise as a problem document (RFC 9457).
/// </summary>
internal sealed class ProblemWriter(IEnumerable<IProblemFormat> formats, IEnumerable<RouteHint> routeHints)
{
    private readonly IProblemFormat[] _formats = [.. formats];
    private readonly string _routeHints = string.Concat(routeHints.Select(hint => $" {hint.Sentence}"));

    /// <summary>
    /// Writes without a cancellation token: cancelling the write when the client leaves would raise a new fault while
    /// this one is being answered.
    /// </summary>
    public Task WriteAsync(HttpContext context, Problem problem, string detail)
    {
        if (problem.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var format = Array.Find(_formats, format => format.IsExpectedBy(context));
        return format is null
            ? WriteDocumentAsync(context, problem, detail)
            : format.WriteAsync(context, problem, detail);
    }

    /// <summary>Answers a request that matches none of our routes: an unknown path, a wrong method.</summary>
    public Task WriteStatusAsync(HttpContext context)
    {
        var problem = Problem.ForStatus(context.Response.StatusCode);
        var path = Quoting.Shorten(context.Request.Path);
        return WriteAsync(
            context,
            problem,
            $"{context.Request.Method} {path}: {problem.Title.ToLowerInvariant()}.{_routeHints}");
    }

    /// <summary>Finds the request in the log and in its trace.</summary>
    public static string TraceIdOf(HttpContext context) => Activity.Current?.Id ?? context.TraceIdentifier;

    /// <summary>
    /// Always JSON, whatever the request accepts: a client that wants bytes or HTML must still learn what was wrong.
    /// </summary>
    private static Task WriteDocumentAsync(HttpContext context, Problem problem, string detail)
    {
        context.Response.StatusCode = problem.Status;
        var document = new ProblemDetails
        {
            Type = problem.Type,
            Status = problem.Status,
            Title = problem.Title,
            Detail = detail,
            Extensions = { ["code"] = problem.Code, ["traceId"] = TraceIdOf(context) },
        };
        return context.Response.WriteAsJsonAsync(
            document, ProblemJsonContext.Readable.ProblemDetails, MediaTypeNames.Application.ProblemJson);
    }
}

internal static class ProblemWriterExtensions
{
    /// <summary>Answers a request with a problem, in the form that its edge has registered.</summary>
    public static Task WriteProblemAsync(this HttpContext context, Problem problem, string detail) =>
        context.RequestServices.GetRequiredService<ProblemWriter>().WriteAsync(context, problem, detail);
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Api.Metrics;

/// <summary>Counts and times requests by route, status and the model that answered.</summary>
internal sealed class RequestMetrics
{
    public const string MeterName = "SoftmaxService.Api";

    /// <summary>The route of every request that matches none, whatever its path.</summary>
    public const string OtherRoute = "other";

    private const string GrpcStatus = "grpc-status";

    private static readonly string?[] StatusTexts = new string?[1000];
    private static readonly string[] GrpcTexts = Enum.GetNames<StatusCode>(); // in the order of their numbers, from 0

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;

    public RequestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(new MeterOptions(MeterName));
        _requests = meter.CreateCounter<long>(
            "softmax.requests",
            "{request}",
            "Requests that were answered. The status is HTTP's, and of gRPC its own by name.");
        _durations = meter.CreateHistogram(
            "softmax.request.duration",
            "s",
            "Time from a request's headers to the end of its answer.",
            advice: Telemetry.SecondsAdvice);
    }

    public async Task MeasureAsync(RequestDelegate next, HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        Exception? fault = null;
        try
        {
            await next(context);
        }
        catch (Exception exception)
        {
            fault = exception;
            throw;
        }
        finally
        {
            Record(context, RequestOutcome.Of(context, fault).Status, Stopwatch.GetElapsedTime(start));
        }
    }

    private void Record(HttpContext context, int status, TimeSpan elapsed)
    {
        var tags = new TagList { { "route", RouteOf(context) } };
        if (context.AnsweringModel() is { } model)
        {
            tags.Add("model", model.Name);
            tags.Add("version", model.Version);
        }

        _durations.Record(elapsed.TotalSeconds, in tags);
        tags.Add("status", GrpcStatusOf(context) ?? StatusOf(status));
        _requests.Add(1, in tags);
    }

    /// <summary>The pattern, not the path: clients cannot create new ones.</summary>
    private static string RouteOf(HttpContext context) =>
        context.RequestedEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? pattern : OtherRoute;

    private static string StatusOf(int status) => (uint)status < StatusTexts.Length
        ? StatusTexts[status] ??= status.ToString(CultureInfo.InvariantCulture)
        : OtherRoute;

    /// <summary>
    /// gRPC answers 200 whatever the outcome; its own status is in the trailers, or in the headers where there is no
    /// message.
    /// </summary>
    private static string? GrpcStatusOf(HttpContext context)
    {
        if (context.Response.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
        {
            return null;
        }

        string? trailer = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[GrpcStatus];
        var text = trailer ?? context.Response.Headers[GrpcStatus];
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            && code < GrpcTexts.Length
            ? GrpcTexts[code]
            : nameof(StatusCode.Unknown);
    }
}

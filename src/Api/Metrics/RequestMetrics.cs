using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Api.Metrics;

/// <summary>What is measured of requests: how many, by route, status and the model that answered, and how long they took.</summary>
internal sealed class RequestMetrics
{
    public const string MeterName = "SoftmaxService.Api";

    /// <summary>The route of all that no route of ours answers, whatever its path.</summary>
    public const string OtherRoute = "other";

    private const string GrpcStatus = "grpc-status";

    private static readonly string?[] StatusTexts = new string?[1000];
    private static readonly string[] GrpcTexts = Enum.GetNames<StatusCode>(); // in the order of their numbers, from 0

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;

    public RequestMetrics(IMeterFactory meters, Readiness readiness, Workload workload)
    {
        var meter = meters.Create(new MeterOptions(MeterName));
        _requests = meter.CreateCounter<long>("softmax.requests", "{request}", "Requests that were answered. The status is HTTP's, and of gRPC its own by name.");
        _durations = meter.CreateHistogram("softmax.request.duration", "s", "Time from a request's headers to the end of its answer.", advice: Telemetry.SecondsAdvice);
        meter.CreateObservableGauge("softmax.requests.in_flight", () => workload.InFlight, "{request}", "Requests that are being answered, probes and pages left out: those that the setting Load:MaxRequestsInFlight bounds.");
        meter.CreateObservableGauge("softmax.ready", () => readiness.IsReady ? 1 : 0, null, "1 while /health/ready says ready, else 0.");
    }

    /// <summary>Counts a request that has been answered.</summary>
    public void End(HttpContext context, int status, TimeSpan elapsed, string? model, string? version)
    {
        var tags = new TagList { { "route", RouteOf(context) } };
        if (model is not null)
        {
            tags.Add("model", model);
            tags.Add("version", version);
        }

        _durations.Record(elapsed.TotalSeconds, in tags);
        tags.Add("status", GrpcStatusOf(context) ?? StatusOf(status));
        _requests.Add(1, in tags);
    }

    /// <summary>The pattern, not the path: clients cannot make new ones.</summary>
    private static string RouteOf(HttpContext context) => context.AskedEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? pattern : OtherRoute;

    private static string StatusOf(int status) => (uint)status < StatusTexts.Length ? StatusTexts[status] ??= status.ToString(CultureInfo.InvariantCulture) : OtherRoute;

    /// <summary>gRPC answers 200 whatever comes of it; its own status follows the answer, or stands in the headers where there is none.</summary>
    private static string? GrpcStatusOf(HttpContext context)
    {
        if (context.Response.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
        {
            return null;
        }

        string? text = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[GrpcStatus];
        return int.TryParse(text ?? context.Response.Headers[GrpcStatus], NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code < GrpcTexts.Length ? GrpcTexts[code] : nameof(StatusCode.Unknown);
    }
}

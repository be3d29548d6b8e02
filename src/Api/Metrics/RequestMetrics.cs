using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
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

    private static readonly string?[] StatusTexts = new string?[1000];

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;
    private readonly IStatusName[] _statusNames;

    public RequestMetrics(IMeterFactory meters, IEnumerable<IStatusName> statusNames)
    {
        _statusNames = [.. statusNames];
        var meter = meters.Create(new MeterOptions(MeterName));
        _requests = meter.CreateCounter<long>(
            "softmax.requests",
            "{request}",
            "Requests that were answered. The status is HTTP's, or its name in a protocol that has its own.");
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
        tags.Add("status", NameOf(context) ?? StatusOf(status));
        _requests.Add(1, in tags);
    }

    /// <summary>The pattern, not the path: clients cannot create new ones.</summary>
    private static string RouteOf(HttpContext context) =>
        context.RequestedEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? pattern : OtherRoute;

    private static string StatusOf(int status) => (uint)status < StatusTexts.Length
        ? StatusTexts[status] ??= status.ToString(CultureInfo.InvariantCulture)
        : OtherRoute;

    private string? NameOf(HttpContext context)
    {
        foreach (var statusName in _statusNames)
        {
            if (statusName.Of(context) is { } name)
            {
                return name;
            }
        }

        return null;
    }
}

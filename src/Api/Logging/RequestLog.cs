using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Serilog.Events;
using Serilog.Parsing;
using SoftmaxService.Api.Metrics;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Logging;

/// <summary>
/// One line a request: what was asked, by which model it was answered, how it ended and how long it took. The event is put together here, since
/// what Serilog's own middleware collects on the way (scopes, a context of its own) costs more than an image to decode.
/// </summary>
internal static class RequestLog
{
    public const string ElapsedProperty = "Elapsed";

    /// <summary>Would open a scope for each request, and log its start and end; silenced, since this line says all that, and a listener sees to the trace.</summary>
    public const string HostingSource = "Microsoft.AspNetCore.Hosting.Diagnostics";

    private const string ActivitySourceName = "Microsoft.AspNetCore";
    private const int MostProperties = 6;

    private static readonly MessageTemplate Template = new MessageTemplateParser().Parse($"{{RequestMethod}} {{RequestPath}} answered {{StatusCode}} in {{{ElapsedProperty}:0.000}} ms");

    private static readonly MessageTemplate BrokenOff = new MessageTemplateParser().Parse($"{{RequestMethod}} {{RequestPath}} was broken off with {{StatusCode}} after {{{ElapsedProperty}:0.000}} ms");

    // What nearly every line says, made once.
    private static readonly ScalarValue Post = new(HttpMethods.Post);
    private static readonly ScalarValue Ok = new(StatusCodes.Status200OK);
    private static readonly ConditionalWeakTable<ClassifierModel, AnsweringModel> Models = [];

    // What probes ask every few seconds is not worth a line.
    private static readonly PathString[] ProbePaths =
    [
        "/health", "/metrics", "/v2/health", "/grpc.health.v1.Health",
        "/inference.GRPCInferenceService/ServerLive", "/inference.GRPCInferenceService/ServerReady", "/inference.GRPCInferenceService/ModelReady",
    ];

    /// <summary>What the last line of this thread held. No sink here keeps an event: when the logger returns, the line has been written, and the next one can use it again.</summary>
    [ThreadStatic]
    private static Dictionary<string, LogEventPropertyValue>? _written;

    public static void UseRequestLog(this WebApplication app)
    {
        // Each request has a trace, for its line and its problem document.
        var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ActivitySourceName,
            Sample = (ref _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(traces);
        app.Lifetime.ApplicationStopped.Register(traces.Dispose);

        var log = app.Services.GetRequiredService<Serilog.ILogger>();
        var metrics = app.Services.GetRequiredService<RequestMetrics>();
        app.Use(next => context => LogAsync(next, context, log, metrics));
    }

    /// <summary>Says which model answers a request.</summary>
    public static void AnsweredBy(this HttpContext context, ClassifierModel model) => context.Features.Set(Models.GetValue(model, static model => new AnsweringModel(new ScalarValue(model.Name), new ScalarValue(model.Version))));

    /// <summary>Says that the whole answer has been sent before the request ends: a client that has it may leave as it likes.</summary>
    public static void AnswerIsSent(this HttpContext context) => context.Features.Set(AnswerEnd.Sent);

    /// <summary>Ends an answer that cannot be finished by breaking the connection off, or over HTTP/2 and 3 the stream.</summary>
    public static void BreakOff(this HttpContext context, int status)
    {
        context.Features.Set(new AnswerEnd(status));
        context.Abort();
    }

    private static async Task LogAsync(RequestDelegate next, HttpContext context, Serilog.ILogger log, RequestMetrics metrics)
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
            var brokenOff = BrokenOffWith(context, fault);
            var status = brokenOff ?? (fault is null ? context.Response.StatusCode : StatusCodes.Status500InternalServerError);
            fault = brokenOff == StatusCodes.Status499ClientClosedRequest ? null : fault;
            var elapsed = Stopwatch.GetElapsedTime(start);
            var model = context.Features.Get<AnsweringModel>();
            metrics.End(context, status, elapsed, model?.Name.Value as string, model?.Version.Value as string);
            Log(context, log, status, brokenOff is null ? Template : BrokenOff, elapsed, model, fault);
        }
    }

    /// <summary>How an answer ended that its client has not got whole; null where it has.</summary>
    private static int? BrokenOffWith(HttpContext context, Exception? fault) => context.Features.Get<AnswerEnd>() switch
    {
        { Status: { } status } => status,
        { Status: null } => null,
        _ when context.RequestAborted.IsCancellationRequested => StatusCodes.Status499ClientClosedRequest,
        _ when fault is not null && context.Response.HasStarted => StatusCodes.Status500InternalServerError,
        _ => null,
    };

    private static void Log(HttpContext context, Serilog.ILogger log, int status, MessageTemplate template, TimeSpan elapsed, AnsweringModel? model, Exception? fault)
    {
        var level = (fault, status) switch
        {
            (not null, _) or (_, StatusCodes.Status500InternalServerError) => LogEventLevel.Error,
            _ when IsProbe(context) => LogEventLevel.Debug,
            (_, > StatusCodes.Status500InternalServerError) => LogEventLevel.Warning, // 503 and 504, which we choose
            _ => LogEventLevel.Information,
        };
        if (log.IsEnabled(level))
        {
            log.Write(EventFor(context, status, template, elapsed, model, level, fault));
        }
    }

    private static LogEvent EventFor(HttpContext context, int status, MessageTemplate template, TimeSpan elapsed, AnsweringModel? model, LogEventLevel level, Exception? fault)
    {
        var properties = _written ??= new Dictionary<string, LogEventPropertyValue>(MostProperties);
        properties.Clear();
        properties["RequestMethod"] = HttpMethods.IsPost(context.Request.Method) ? Post : new ScalarValue(context.Request.Method);
        properties["RequestPath"] = new ScalarValue(WithoutControls(context.Request.Path.Value ?? ""));
        properties["StatusCode"] = StatusOf(status);
        properties[ElapsedProperty] = new ScalarValue(elapsed.TotalMilliseconds);
        if (model is not null)
        {
            properties["Model"] = model.Name;
            properties["Version"] = model.Version;
        }

        var activity = Activity.Current;
        return LogEvent.UnstableAssembleFromParts(DateTimeOffset.Now, level, fault, template, properties, activity?.TraceId ?? default, activity?.SpanId ?? default);
    }

    private static ScalarValue StatusOf(int status) => status == StatusCodes.Status200OK ? Ok : new ScalarValue(status);

    /// <summary>Whether a request is one that load balancers and Prometheus ask all the time.</summary>
    public static bool IsProbe(HttpContext context)
    {
        foreach (var path in ProbePaths)
        {
            if (context.Request.Path.StartsWithSegments(path))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A path may hold an encoded line break, or a mark that turns what follows around; written as they are, they would forge a line of the log.</summary>
    private static string WithoutControls(string path) =>
        path.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 ? path : string.Concat(path.Select(character => IsControl(character) ? $"\\u{(int)character:x4}" : character.ToString()));

    private static bool IsControl(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Whether an event is a request's line.</summary>
    public static bool IsLine(LogEvent written) => written.Properties.ContainsKey(ElapsedProperty);

    /// <summary>How an answer ended before its request did.</summary>
    /// <param name="Status">What it was broken off with; null where all of it was sent.</param>
    private sealed record AnswerEnd(int? Status)
    {
        public static AnswerEnd Sent { get; } = new((int?)null);
    }

    /// <summary>By name, and no more: a connection keeps what was said of its last request for as long as it is idle.</summary>
    private sealed record AnsweringModel(ScalarValue Name, ScalarValue Version);
}

using System.Collections.Frozen;
using System.Diagnostics;
using Serilog.Events;
using Serilog.Parsing;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Logging;

/// <summary>
/// Writes one line per request: what was asked, which model answered, how it ended and how long it took. The event is
/// built here, since the scopes and the context that Serilog's own middleware collects cost more than decoding an
/// image.
/// </summary>
internal static class RequestLog
{
    public const string ElapsedProperty = "Elapsed";

    /// <summary>
    /// ASP.NET Core's own source, which is switched off: it would open a scope for each request and log its start and
    /// end. The line here says all that, and the listener below makes the trace.
    /// </summary>
    public const string HostingSource = "Microsoft.AspNetCore.Hosting.Diagnostics";

    private const string ActivitySourceName = "Microsoft.AspNetCore";

    private static readonly MessageTemplate Answered = new MessageTemplateParser().Parse(
        $"{{RequestMethod}} {{RequestPath}} answered {{StatusCode}} in {{{ElapsedProperty}:0.000}} ms");

    private static readonly MessageTemplate BrokenOff = new MessageTemplateParser().Parse(
        $"{{RequestMethod}} {{RequestPath}} was broken off with {{StatusCode}} after {{{ElapsedProperty}:0.000}} ms");

    private const int PropertyCount = 6;

    // A value is immutable, so the lines of many requests may share it.
    private static readonly FrozenDictionary<string, ScalarValue> Methods = new[]
    {
        HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Options,
    }.ToFrozenDictionary(method => method, method => new ScalarValue(method));

    private static readonly ScalarValue?[] Statuses = new ScalarValue?[600];

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
        app.Use(next => context => LogAsync(next, context, log));
    }

    /// <summary>Whether an event is a request's line.</summary>
    public static bool IsLine(LogEvent written) => written.Properties.ContainsKey(ElapsedProperty);

    private static async Task LogAsync(RequestDelegate next, HttpContext context, Serilog.ILogger log)
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
            Log(context, log, RequestOutcome.Of(context, fault), Stopwatch.GetElapsedTime(start));
        }
    }

    private static void Log(HttpContext context, Serilog.ILogger log, RequestOutcome outcome, TimeSpan elapsed)
    {
        var level = outcome switch
        {
            { Fault: not null } or { Status: StatusCodes.Status500InternalServerError } => LogEventLevel.Error,
            _ when context.IsProbe() => LogEventLevel.Debug,
            // 503 and 504, which we choose.
            { Status: > StatusCodes.Status500InternalServerError } => LogEventLevel.Warning,
            _ => LogEventLevel.Information,
        };
        if (log.IsEnabled(level))
        {
            log.Write(EventFor(context, outcome, elapsed, level));
        }
    }

    private static LogEvent EventFor(HttpContext context, RequestOutcome outcome, TimeSpan elapsed, LogEventLevel level)
    {
        // Serilog's public constructor would copy the properties one by one into a dictionary that grows: with it, the
        // goal for what a request allocates would be missed (bench/results/layers.md). This dictionary is the event's
        // own from here on; shared with another event, it would change lines that a sink keeps (ASinkMayKeepALine).
        // Serilog may change the method in any release: that breaks the build.
        var properties = new Dictionary<string, LogEventPropertyValue>(PropertyCount)
        {
            ["RequestMethod"] = MethodOf(context.Request.Method),
            ["RequestPath"] = new ScalarValue(Quoting.EscapeControls(context.Request.Path.Value ?? "")),
            ["StatusCode"] = StatusOf(outcome.Status),
            [ElapsedProperty] = new ScalarValue(elapsed.TotalMilliseconds),
        };
        if (context.AnsweringModel() is { } model)
        {
            properties["Model"] = new ScalarValue(Quoting.EscapeControls(model.Name));
            properties["Version"] = new ScalarValue(model.Version);
        }

        var activity = Activity.Current;
        return LogEvent.UnstableAssembleFromParts(
            DateTimeOffset.Now,
            level,
            outcome.Fault,
            outcome.IsBrokenOff ? BrokenOff : Answered,
            properties,
            activity?.TraceId ?? default,
            activity?.SpanId ?? default);
    }

    private static ScalarValue MethodOf(string method) =>
        Methods.TryGetValue(method, out var value) ? value : new ScalarValue(method);

    private static ScalarValue StatusOf(int status) => (uint)status < (uint)Statuses.Length
        ? Statuses[status] ??= new ScalarValue(status)
        : new ScalarValue(status);
}

using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Serilog;
using Serilog.Events;
using Serilog.Filters;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Logging;

/// <summary>Structured logs by Serilog. No body, image or key is ever logged.</summary>
internal static class LoggingSetup
{
    /// <summary>
    /// gRPC's health service reports a drain as an error; this source is muted. The lifetime has a line of its own for
    /// a drain.
    /// </summary>
    private const string HealthChecksSource = "Microsoft.Extensions.Diagnostics.HealthChecks";

    private const string TextTemplate =
        "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} {Model} {Version} {TraceId}{NewLine}{Exception}";

    private static readonly Func<LogEvent, bool> IsOfGrpc = Matching.FromSource("Grpc.AspNetCore.Server");

    public static void AddLogging(this WebApplicationBuilder builder) =>
        builder.Services.AddSerilog((services, logger) =>
    {
        var settings = services.GetRequiredService<LogSettings>();
        logger.MinimumLevel.Is(settings.MinimumLevel);
        logger.MinimumLevel.Override(RequestLog.HostingSource, LevelAlias.Off);
        logger.MinimumLevel.Override(StartFault.HostSource, LogEventLevel.Fatal);
        logger.MinimumLevel.Override(HealthChecksSource, LevelAlias.Off);
        foreach (var (source, level) in settings.Overrides)
        {
            logger.MinimumLevel.Override(source, level);
        }

        logger.Filter.ByExcluding(IsBrokenConnection);

        // The context holds the connection's number. A request's line already carries its trace id.
        logger.Enrich.When(written => !RequestLog.IsLine(written), other => other.FromLogContext());
        switch (settings.Format)
        {
            case LogFormat.Json:
                logger.WriteTo.Sink(ToOutput(new RenderedCompactJsonFormatter()));
                break;

            case LogFormat.Text when Console.IsOutputRedirected:
                logger.WriteTo.Sink(
                    ToOutput(new MessageTemplateTextFormatter(TextTemplate, CultureInfo.InvariantCulture)));
                break;

            default:
                // In colours.
                logger.WriteTo.Console(outputTemplate: TextTemplate, formatProvider: CultureInfo.InvariantCulture);
                break;
        }
    });

    /// <summary>
    /// gRPC's server logs an error when a client breaks its connection in the middle of a call. Kestrel has its own
    /// line for that, and any client could fill the log.
    /// </summary>
    internal static bool IsBrokenConnection(LogEvent written) =>
        IsOfGrpc(written) && written.Exception is IOException { InnerException: ConnectionAbortedException };

    private static BufferedOutputSink ToOutput(ITextFormatter formatter) =>
        new(formatter, Console.OpenStandardOutput(), TimeProvider.System);
}

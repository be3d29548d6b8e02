using System.Globalization;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Logging;

/// <summary>Structured logs by Serilog. No body, image or key is ever logged.</summary>
internal static class LoggingSetup
{
    private const string TextTemplate =
        "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} {Model} {Version} {TraceId}{NewLine}{Exception}";

    public static void AddLogging(this WebApplicationBuilder builder) =>
        builder.Services.AddSerilog((services, logger) =>
    {
        var settings = services.GetRequiredService<LogSettings>();
        Filter(logger, settings, services.GetServices<MutedSource>(), services.GetServices<LogExclusion>());

        // The context holds the connection's number. A request's line already carries its trace id, and is made without
        // control characters.
        logger.Enrich.When(
            written => !RequestLog.IsLine(written), other => other.FromLogContext().Enrich.With<ControlCharacters>());
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

    /// <summary>Which events are written, by level and by content.</summary>
    internal static void Filter(
        LoggerConfiguration logger,
        LogSettings settings,
        IEnumerable<MutedSource> mutedSources,
        IEnumerable<LogExclusion> exclusions)
    {
        logger.MinimumLevel.Is(settings.MinimumLevel);
        logger.MinimumLevel.Override(RequestLog.HostingSource, LevelAlias.Off);
        logger.MinimumLevel.Override(StartFault.HostSource, LogEventLevel.Fatal);
        foreach (var source in mutedSources)
        {
            logger.MinimumLevel.Override(source.Name, LevelAlias.Off);
        }

        // Last, so that a setting wins.
        foreach (var (source, level) in settings.Overrides)
        {
            logger.MinimumLevel.Override(source, level);
        }

        foreach (var exclusion in exclusions)
        {
            logger.Filter.ByExcluding(exclusion.Matches);
        }
    }

    private static BufferedOutputSink ToOutput(ITextFormatter formatter) =>
        new(formatter, Console.OpenStandardOutput(), TimeProvider.System);
}

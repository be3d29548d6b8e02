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
    /// <summary>Would call each end an error, when gRPC's health turns while the service drains; the lifetime has a line of its own for that.</summary>
    private const string HealthChecksSource = "Microsoft.Extensions.Diagnostics.HealthChecks";

    private const string TextTemplate = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} {Model} {Version} {TraceId}{NewLine}{Exception}";

    private static readonly string[] Settings = ["MinimumLevel", "Format"];

    private static readonly Func<LogEvent, bool> IsOfGrpc = Matching.FromSource("Grpc.AspNetCore.Server");

    /// <summary>
    /// Reads the section <c>Serilog</c> by hand: <c>MinimumLevel:Default</c> (or <c>MinimumLevel</c> itself), <c>MinimumLevel:Override:&lt;source&gt;</c> and
    /// <c>Format</c> (<c>text</c> or <c>json</c>). The package that reads it otherwise finds its methods by reflection, which Native AOT cannot follow.
    /// </summary>
    public static void AddLogging(this WebApplicationBuilder builder) => builder.Services.AddSerilog((_, logger) =>
    {
        var settings = builder.Configuration.GetSection("Serilog");
        if (settings.GetChildren().FirstOrDefault(setting => !Settings.Contains(setting.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw new SettingException($"There is no setting {unknown.Path}. The section has {string.Join(" and ", Settings)}.");
        }

        logger.MinimumLevel.Is(LevelOf(settings["MinimumLevel"] is { Length: > 0 } said ? said : settings["MinimumLevel:Default"], LogEventLevel.Information));
        logger.MinimumLevel.Override(RequestLog.HostingSource, LevelAlias.Off);
        logger.MinimumLevel.Override(StartFault.HostSource, LogEventLevel.Fatal);
        logger.MinimumLevel.Override(HealthChecksSource, LevelAlias.Off);
        foreach (var source in settings.GetSection("MinimumLevel:Override").GetChildren())
        {
            logger.MinimumLevel.Override(source.Key, LevelOf(source.Value, LogEventLevel.Information));
        }

        logger.Filter.ByExcluding(IsBrokenConnection);
        logger.Enrich.When(written => !RequestLog.IsLine(written), other => other.FromLogContext()); // which has the connection's number, and a request's line its trace
        switch (settings["Format"]?.ToLowerInvariant())
        {
            case null or "text" when !Console.IsOutputRedirected:
                logger.WriteTo.Console(outputTemplate: TextTemplate, formatProvider: CultureInfo.InvariantCulture); // in colours
                break;

            case null or "text":
                logger.WriteTo.Sink(ToOutput(new MessageTemplateTextFormatter(TextTemplate, CultureInfo.InvariantCulture)));
                break;

            case "json":
                logger.WriteTo.Sink(ToOutput(new RenderedCompactJsonFormatter()));
                break;

            case var other:
                throw new SettingException($"Serilog:Format is '{other}'. It must be text or json.");
        }
    });

    /// <summary>gRPC's server says with the level of an error that a client broke its connection in the middle of a call. Kestrel has its own line for that, and whoever likes could fill the log.</summary>
    internal static bool IsBrokenConnection(LogEvent written) => IsOfGrpc(written) && written.Exception is IOException { InnerException: ConnectionAbortedException };

    private static BufferedOutputSink ToOutput(ITextFormatter formatter) => new(formatter, Console.OpenStandardOutput(), TimeProvider.System);

    private static LogEventLevel LevelOf(string? text, LogEventLevel fallback) => text is null
        ? fallback
        : Enum.TryParse<LogEventLevel>(text, ignoreCase: true, out var level)
            ? level
            : throw new SettingException($"'{text}' is no Serilog level. The levels are: {string.Join(", ", Enum.GetNames<LogEventLevel>())}.");
}

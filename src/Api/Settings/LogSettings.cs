using Serilog.Events;

namespace SoftmaxService.Api.Settings;

/// <summary>How log lines are written.</summary>
internal enum LogFormat
{
    Text,
    Json,
}

/// <summary>Section <c>Serilog</c>: what is logged, and how.</summary>
/// <param name="MinimumLevel">The least level that is written.</param>
/// <param name="Overrides">Other least levels, by the beginning of a source's name.</param>
/// <param name="Format">The form of a line.</param>
internal sealed record LogSettings(
    LogEventLevel MinimumLevel, IReadOnlyDictionary<string, LogEventLevel> Overrides, LogFormat Format)
{
    private static readonly string[] Known = ["MinimumLevel", "Format"];

    /// <summary>
    /// Reads the section by hand, since <c>MinimumLevel</c> is a level or a section of levels. The package that Serilog
    /// has for this finds its methods by reflection, which Native AOT cannot follow.
    /// </summary>
    public static LogSettings Read(IConfigurationSection section)
    {
        if (
            section.GetChildren().FirstOrDefault(
                setting => !Known.Contains(setting.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw new SettingException(
                $"There is no setting {unknown.Path}. The section has {string.Join(" and ", Known)}.");
        }

        return new LogSettings(
            LevelOf(section["MinimumLevel"] is { Length: > 0 } level ? level : section["MinimumLevel:Default"]),
            section.GetSection("MinimumLevel:Override")
                .GetChildren()
                .ToDictionary(source => source.Key, source => LevelOf(source.Value)),
            FormatOf(section["Format"]));
    }

    private static LogEventLevel LevelOf(string? text) => text is null
        ? LogEventLevel.Information
        : Enum.TryParse<LogEventLevel>(text, ignoreCase: true, out var level)
            ? level
            : throw new SettingException(
                $"'{text}' is not a Serilog level. "
                + $"The levels are: {string.Join(", ", Enum.GetNames<LogEventLevel>())}.");

    private static LogFormat FormatOf(string? text) => text?.ToLowerInvariant() switch
    {
        null or "text" => LogFormat.Text,
        "json" => LogFormat.Json,
        var other => throw new SettingException($"Serilog:Format is '{other}'. It must be text or json."),
    };
}

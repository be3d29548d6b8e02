using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Settings;

/// <summary>
/// Compares the tables of docs/configuration.md with the options that the service reads, whose defaults stand nowhere
/// else.
/// </summary>
public sealed partial class SettingsTableTests
{
    private const string Suffix = "Options";

    // Not read by our options but by the host and the log configuration.
    private static readonly string[] Elsewhere =
    [
        "Serilog:MinimumLevel:Default",
        "Serilog:MinimumLevel:Override:<source>",
        "Serilog:Format",
        "Urls",
    ];

    private static readonly Dictionary<string, Match> Rows = Row().Matches(Repository.ReadText("docs/configuration.md"))
        .ToDictionary(row => row.Groups["name"].Value);

    private static readonly Dictionary<string, string> Table = Rows
        .ToDictionary(row => row.Key, row => row.Value.Groups["default"].Value.Trim());

    private static readonly IReadOnlyDictionary<string, object?> Options = AllOptions();

    [Fact]
    public void EverySettingThatExistsIsInTheTable() => Assert.Empty(Options.Keys.Except(Table.Keys));

    [Fact]
    public void EverySettingInTheTableExists()
    {
        Assert.Empty(Table.Keys.Except(Options.Keys).Except(Elsewhere));
        Assert.True(Table.Count >= 30, "The tables were not found.");
    }

    [Fact]
    public void EveryDefaultIsAsTheTableSays() => Assert.All(Options, option =>
    {
        var stated = Table[option.Key].Trim('`');
        if (TextOf(option.Value) is { Length: > 0 } actual)
        {
            Assert.Equal((option.Key, actual), (option.Key, stated));
        }
        else
        {
            Assert.False(
                stated.Length == 0
                    || double.TryParse(stated, CultureInfo.InvariantCulture, out _)
                    || bool.TryParse(stated, out _),
                $"{option.Key} has no default, but the table says {stated}");
        }
    });

    [Fact]
    public void EveryRangeIsAsTheTableSays()
    {
        var ranges = Ranges();

        Assert.True(ranges.Count >= 25, "The ranges were not found.");
        Assert.All(ranges, range =>
            Assert.Equal((range.Key, range.Value), (range.Key, Rows[range.Key].Groups["range"].Value.Trim())));
    }

    [Fact]
    public void EveryOptionsClassIsRegistered()
    {
        using var service = new RunningService();

        Assert.All(SectionTypes(), type =>
        {
            Assert.NotNull(service.Services.GetService(type));
            Assert.NotEmpty(Of(typeof(IConfigureOptions<>), type));
            Assert.Contains($"{type.Name}Validator", Of(typeof(IValidateOptions<>), type).Select(NameOf));
        });

        IEnumerable<object?> Of(Type contract, Type options) =>
            service.Services.GetServices(contract.MakeGenericType(options));

        static string? NameOf(object? implementation) => implementation?.GetType().Name;
    }

    /// <summary>A default in the shipped file would be a second place to change.</summary>
    [Fact]
    public void TheShippedFileRepeatsNoDefault()
    {
        var shipped = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(RunningService.RepositoryRoot, "src/Api/appsettings.json"))
            .Build();

        Assert.Equal(
            ["Serilog:MinimumLevel:Override:Microsoft.AspNetCore"],
            shipped.AsEnumerable().Where(setting => setting.Value is not null).Select(setting => setting.Key));
        var log = LogSettings.Read(shipped.GetSection("Serilog"));
        Assert.Equal(Table["Serilog:Format"].Trim('`'), $"{log.Format}", ignoreCase: true);
        Assert.Equal(Table["Serilog:MinimumLevel:Default"].Trim('`'), $"{log.MinimumLevel}");
    }

    /// <summary>The default of every setting, by name.</summary>
    private static Dictionary<string, object?> AllOptions() =>
        Settings().ToDictionary(setting => setting.Name, setting => setting.Default);

    private static Dictionary<string, string> Ranges() => Settings()
        .Where(setting => setting.Range is not null)
        .ToDictionary(
            setting => setting.Name, setting => $"{TextOf(setting.Range!.Minimum)} to {TextOf(setting.Range.Maximum)}");

    /// <summary>Every property of every options class; for a dictionary, the parts of one entry.</summary>
    private static IEnumerable<Setting> Settings() =>
        SectionTypes().SelectMany(type => SettingsOf(type, type.Name[..^Suffix.Length]));

    /// <summary>Every options class of a section, without those that a dictionary's entries have.</summary>
    private static IEnumerable<Type> SectionTypes()
    {
        Type[] types =
        [
            .. typeof(Program).Assembly.GetTypes().Where(type =>
                type.Namespace == typeof(LimitsOptions).Namespace
                    && type.Name.EndsWith(Suffix, StringComparison.Ordinal)),
        ];
        var entries = types.SelectMany(type => type.GetProperties()).Where(IsDictionary).Select(EntryOf);
        return types.Except(entries);
    }

    private static IEnumerable<Setting> SettingsOf(Type type, string section)
    {
        var defaults = Activator.CreateInstance(type)!; // a class has an instance
        return type.GetProperties().SelectMany(property =>
        {
            var name = $"{section}:{property.Name}";
            if (!IsDictionary(property))
            {
                var range = property.GetCustomAttribute<SettingRangeAttribute>();
                return [new Setting(name, property.GetValue(defaults), range)];
            }

            Assert.Empty((IDictionary)property.GetValue(defaults)!); // an options class initialises its dictionaries
            return EntryOf(property) == typeof(string)
                ? [new Setting($"{name}:<name>", Default: null, Range: null)]
                : SettingsOf(EntryOf(property), $"{name}:<name>");
        });
    }

    private static bool IsDictionary(PropertyInfo property) =>
        property.PropertyType.IsGenericType
            && property.PropertyType.GetGenericTypeDefinition() == typeof(Dictionary<,>);

    private static Type EntryOf(PropertyInfo dictionary) => dictionary.PropertyType.GetGenericArguments()[1];

    private static string? TextOf(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString(),
    };

    private sealed record Setting(string Name, object? Default, SettingRangeAttribute? Range);

    /// <summary>A row whose first cell is a setting: <c>| `Section:Name` | default | range | …</c>.</summary>
    [GeneratedRegex(
        "^\\| `(?<name>[A-Z][A-Za-z]*(:[A-Za-z<>]+)+|Urls)` \\|(?<default>[^|]*)\\|(?<range>[^|]*)\\|",
        RegexOptions.Multiline)]
    private static partial Regex Row();
}

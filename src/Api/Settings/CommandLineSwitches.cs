namespace SoftmaxService.Api.Settings;

/// <summary>
/// Rejects arguments that set nothing, since their author expects an effect: <c>--port 80</c> would leave the service
/// at its default address. The forms are those of .NET's command line
/// (https://learn.microsoft.com/dotnet/core/extensions/configuration-providers#command-line-configuration-provider).
/// </summary>
internal static class CommandLineSwitches
{
    // Sections that the service or the server reads; a value belongs to a setting in them.
    private static readonly string[] Sections =
    [
        "Models", "Onnx", "Imaging", "Batching", "Load", "Shutdown", "Limits", "Access", "Grpc", "Serilog", "Kestrel",
        "Logging",
        "hostBuilder",
    ];

    // Settings of the host that stand in no section.
    private static readonly string[] Settings =
    [
        "Urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName", "webRoot", "AllowedHosts",
        "preferHostingUrls", "shutdownTimeoutSeconds", "captureStartupErrors", "detailedErrors",
        "suppressStatusMessages", "preventHostingStartup", "hostingStartupAssemblies",
        "hostingStartupExcludeAssemblies", "startupAssembly", "staticWebAssets",
    ];

    private const string ExportPrefix = "OTEL_";

    private const string Address = "the address is set by --urls http://*:8080";
    private const string Folder = "the folder of models is set by --Models:Folder DIR";

    private static readonly Dictionary<string, string> Meant = new(StringComparer.OrdinalIgnoreCase)
    {
        ["port"] = Address,
        ["p"] = Address,
        ["host"] = Address,
        ["url"] = Address,
        ["address"] = Address,
        ["bind"] = Address,
        ["listen"] = Address,
        ["model"] = Folder,
        ["model-repository"] = Folder,
        ["model-dir"] = Folder,
        ["models-dir"] = Folder,
        ["folder"] = Folder,
        ["models"] = Folder,
    };

    /// <exception cref="SettingException">An argument sets nothing.</exception>
    public static void Check(IReadOnlyList<string> args)
    {
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = Split(args[i]);
            var isShort = args[i] is ['-', not '-', ..]; // which .NET passes over
            if (string.IsNullOrEmpty(name) || (isShort && IsKnown(name)))
            {
                throw new SettingException(
                    $"the argument '{args[i]}' sets nothing; a setting is given as --Name value or --Name=value.");
            }

            // A host that passes on a configuration names its sections, too, without a value.
            if (!IsKnown(name) && !(value is "" && SectionOf(name) is not null))
            {
                throw new SettingException($"there is no setting '{name}'; {MeantBy(name)}.");
            }

            if (value is null && ++i >= args.Count)
            {
                throw new SettingException($"{args[^1]} has no value; give it as {args[^1]} value.");
            }
        }
    }

    /// <summary>
    /// The name and the value. No name, or an empty one, for what is in none of the forms; no value if it is the next
    /// argument.
    /// </summary>
    private static (string? Name, string? Value) Split(string argument)
    {
        var start = argument switch
        {
            ['-', '-', ..] => 2,
            ['-' or '/', ..] => 1,
            _ => 0,
        };
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals >= start)
        {
            return (argument[start..equals], argument[(equals + 1)..]);
        }

        return (start > 0 ? argument[start..] : null, null);
    }

    private static bool IsKnown(string name) =>
        Settings.Contains(name, StringComparer.OrdinalIgnoreCase)
        || name.StartsWith(ExportPrefix, StringComparison.OrdinalIgnoreCase)
        || Array.Exists(Sections, section => name.StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase));

    private static string MeantBy(string name) =>
        Meant.GetValueOrDefault(name)
        ?? (SectionOf(name) is { } section
            ? $"{section} is a section, whose settings are given as --{section}:Name value"
            : "docs/configuration.md lists all");

    private static string? SectionOf(string name) =>
        Array.Find(Sections, section => string.Equals(section, name, StringComparison.OrdinalIgnoreCase));
}

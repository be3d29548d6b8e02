using System.Reflection;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Container;

/// <summary>
/// The environment variables that the service reads. Each is a property of the options class of its section, or one of
/// the web server's.
/// </summary>
internal static class SettingNames
{
    private static readonly string[] OfTheHost =
    [
        "Urls",
        "ASPNETCORE_HTTP_PORTS",
        "Serilog__Format",
        "Serilog__MinimumLevel__Default",
    ];

    public static void AssertRead(string variable)
    {
        if (OfTheHost.Contains(variable) || variable.StartsWith("OTEL_", StringComparison.Ordinal))
        {
            return;
        }

        var parts = variable.Split("__");
        var section = typeof(ModelsOptions).Assembly.GetType($"{typeof(ModelsOptions).Namespace}.{parts[0]}Options");
        Assert.True(
            section?.GetProperty(parts[^1], BindingFlags.Public | BindingFlags.Instance) is not null
                || parts is ["Models", "Versions", _],
            $"The service reads no setting {variable}.");
    }
}

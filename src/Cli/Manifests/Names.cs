using System.Reflection;
using System.Text.Json.Serialization;

namespace SoftmaxService.Cli.Manifests;

/// <summary>An enum's value by the name that it has in a manifest.</summary>
internal static class Names
{
    public static string Of<T>(T value)
        where T : struct, Enum =>
        typeof(T).GetField(value.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
        ?? value.ToString();
}

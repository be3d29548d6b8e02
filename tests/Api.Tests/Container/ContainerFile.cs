using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace SoftmaxService.Api.Tests.Container;

/// <summary>The settings of the Dockerfile's last stage.</summary>
internal static partial class ContainerFile
{
    public static string Text { get; } =
        File.ReadAllText(Path.Combine(RunningService.RepositoryRoot, "Dockerfile"))
            .Replace("\\\n", " ", StringComparison.Ordinal);

    public static IReadOnlyDictionary<string, string> Environment { get; } = Pairs("ENV");

    public static IReadOnlyDictionary<string, string> Labels { get; } = Pairs("LABEL");

    public static int[] Ports { get; } = [.. Arguments("EXPOSE").Split(' ').Select(int.Parse)];

    public static int HttpPort { get; } = PortOf("Urls");

    public static int GrpcPort { get; } = PortOf("Grpc__Url");

    private static int PortOf(string setting) => BindingAddress.Parse(Environment[setting]).Port;

    private static string Arguments(string instruction) =>
        Regex.Matches(Text, $"^{instruction} (.+)$", RegexOptions.Multiline)[^1].Groups[1].Value;

    private static Dictionary<string, string> Pairs(string instruction) =>
        Pair()
            .Matches(Arguments(instruction))
            .ToDictionary(pair => pair.Groups["name"].Value, pair => pair.Groups["value"].Value.Trim('"'));

    [GeneratedRegex("(?<name>[\\w.]+)=(?<value>\"[^\"]*\"|\\S*)")]
    private static partial Regex Pair();
}

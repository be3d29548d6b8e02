using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SoftmaxService.Api.Endpoints.Health;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Container;

/// <summary>
/// Checks that the Dockerfile agrees with the service. docker/verify builds and runs the image.
/// </summary>
public sealed partial class DockerfileTests
{
    [Fact]
    public void ThePortsAreTheListeningPorts()
    {
        Assert.Equal([ContainerFile.HttpPort, ContainerFile.GrpcPort], ContainerFile.Ports);
        Assert.True(
            new GrpcOptionsValidator()
                .Validate(null, new GrpcOptions { Url = ContainerFile.Environment["Grpc__Url"] })
                .Succeeded);
    }

    [Fact]
    public void EverySettingIsRead() => Assert.All(ContainerFile.Environment.Keys, SettingNames.AssertRead);

    [Fact]
    public void TheLabelsAreThoseOfTheProject()
    {
        var project = XDocument.Load(Path.Combine(RunningService.RepositoryRoot, "Directory.Build.props"));

        Assert.Equal(Property("Version"), ContainerFile.Labels["org.opencontainers.image.version"]);
        Assert.Equal(Property("Product"), ContainerFile.Labels["org.opencontainers.image.title"]);
        Assert.Equal(Property("PackageLicenseExpression"), ContainerFile.Labels["org.opencontainers.image.licenses"]);

        string Property(string name) => project.Descendants(name).Single().Value;
    }

    [Fact]
    public void TheHealthCheckIsTheServiceItselfAndNeedsNoShell()
    {
        var entry = JsonSerializer.Deserialize<string[]>(EntryPoint().Match(ContainerFile.Text).Groups["words"].Value)!;
        var check = JsonSerializer.Deserialize<string[]>(
            HealthCheck().Match(ContainerFile.Text).Groups["words"].Value)!;

        Assert.Equal($"/app/{typeof(Program).Assembly.GetName().Name}", Assert.Single(entry));
        Assert.Equal([entry[0], HealthProbe.Command], check);
    }

    [Fact]
    public void ItRunsAsTheBasesUserWhoIsNotRoot() =>
        Assert.Equal(
            "USER $APP_UID",
            Assert.Single(ContainerFile.Text.Split('\n'), line => line.StartsWith("USER ", StringComparison.Ordinal)));

    /// <summary>
    /// The build sees only what .dockerignore admits, so it must admit every file outside their folders that the
    /// projects reference.
    /// </summary>
    [Fact]
    public void EveryFileThatTheProjectsReferenceIsInTheBuildContext()
    {
        var sent = File.ReadAllLines(Path.Combine(RunningService.RepositoryRoot, ".dockerignore"))
            .Where(line => line.StartsWith('!'))
            .Select(line => line[1..])
            .ToArray();
        var named = Outside()
            .Matches(File.ReadAllText(Path.Combine(RunningService.RepositoryRoot, "src/Api/SoftmaxService.Api.csproj")))
            .Select(match => match.Groups["path"].Value)
            .ToArray();

        Assert.Contains("samples/seven.png", named);
        Assert.All(
            named,
            path =>
                Assert.Contains(
                    sent,
                    pattern =>
                        pattern == path
                        || (
                            pattern.EndsWith("/**", StringComparison.Ordinal)
                            && path.StartsWith(pattern[..^2], StringComparison.Ordinal))));
    }

    [GeneratedRegex("^ENTRYPOINT (?<words>.+)$", RegexOptions.Multiline)]
    private static partial Regex EntryPoint();

    [GeneratedRegex("^HEALTHCHECK .*CMD (?<words>.+)$", RegexOptions.Multiline)]
    private static partial Regex HealthCheck();

    [GeneratedRegex("Include=\"../../(?<path>[^\"]+)\"")]
    private static partial Regex Outside();
}

using System.Diagnostics;
using System.Text.Json;
using Xunit.Sdk;

namespace SoftmaxService.Api.Tests.Documentation;

/// <summary>
/// Runs every <c>curl</c> of README.md and docs against the real service and compares the output. With
/// <c>SOFTMAX_WRITE_DOCUMENTATION=1</c> it writes the output into the documents instead.
/// </summary>
[Collection(nameof(RunningService))]
public sealed class ExampleTests(RunningService service) : IDisposable
{
    private const string DocumentedUrl = "http://localhost:5000";

    private static readonly bool IsWriting = Environment.GetEnvironmentVariable("SOFTMAX_WRITE_DOCUMENTATION") == "1";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Manual => [.. Documents.Manual];

    public void Dispose() => _folder.Dispose();

    [CurlTheory]
    [MemberData(nameof(Manual))]
    public async Task EveryExampleAnswersAsWritten(string document)
    {
        var text = Repository.ReadText(document);
        CopySamples();
        foreach (var example in ConsoleExample.In(text, "curl"))
        {
            var actual = await RunAsync(example.Command);
            if (!IsWriting)
            {
                AssertSame(example, actual);
            }
            else if (IsOutdated(example, actual))
            {
                text = example.WithOutput(text, AsDocumented(example.Output, actual));
            }
        }

        if (IsWriting)
        {
            await File.WriteAllTextAsync(Repository.PathOf(document), text);
        }
    }

    [Fact]
    public void EveryRouteHasAnExample()
    {
        var commands = Documents.Manual.SelectMany(path => ConsoleExample.In(Repository.ReadText(path), "curl"))
            .Select(example => example.Command).ToArray();
        string[] routes =
        [
            "/classify", "/preprocess", "/softmax", "/softmax/gradient", "/calibrate", "/models", "/health/ready",
            "/metrics", "/v2", "/v2/models/mnist", "/v2/models/mnist/infer", "/v2/repository/index",
        ];

        Assert.All(routes, route => Assert.Contains(
            commands,
            command => command.Split(DocumentedUrl)[^1].Split('?', ' ', '"')[0] == route));
    }

    private static void AssertSame(ConsoleExample example, string actual)
    {
        if (TryParse(actual) is not { } json)
        {
            Assert.Equal(example.Output, actual);
            return;
        }

        var documented = JsonDocument.Parse(example.Output).RootElement;
        SameJson.Assert(documented, JsonLayout.Abridge(documented, json), example.Command);
    }

    private static bool IsOutdated(ConsoleExample example, string actual)
    {
        try
        {
            AssertSame(example, actual);
            return false;
        }
        catch (Exception exception) when (exception is XunitException or JsonException)
        {
            return true;
        }
    }

    private static string AsDocumented(string documented, string actual) => TryParse(actual) is { } json
        ? JsonLayout.Format(TryParse(documented) is { } form ? JsonLayout.Abridge(form, json) : json)
        : actual;

    private static JsonElement? TryParse(string text)
    {
        try
        {
            var json = JsonDocument.Parse(text).RootElement;
            return json.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The examples run in a separate folder, because one of them writes a file.</summary>
    private void CopySamples()
    {
        var samples = Directory.EnumerateFiles(Repository.PathOf("samples"));
        foreach (var path in samples.Append(Repository.PathOf(Documents.ReadMe)))
        {
            var copy = Path.Combine(_folder.Path, Path.GetRelativePath(Repository.Root, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!); // the root is its parent
            File.Copy(path, copy);
        }
    }

    private async Task<string> RunAsync(string command)
    {
        var address = service.Client.BaseAddress!.OriginalString.TrimEnd('/'); // the service runs
        var script = $"set -o pipefail; {command.Replace(DocumentedUrl, address, StringComparison.Ordinal)}";
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!; // null only with UseShellExecute
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command} exits with code {process.ExitCode}");
        return output.TrimEnd('\n');
    }

    private sealed class CurlTheoryAttribute : TheoryAttribute
    {
        public CurlTheoryAttribute() =>
            Skip = Tool.WhyMissing("curl", "--version") ?? Tool.WhyMissing("bash", "--version");
    }
}

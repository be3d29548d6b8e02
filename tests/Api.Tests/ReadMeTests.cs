using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using SoftmaxService.Api.Http;

namespace SoftmaxService.Api.Tests;

/// <summary>
/// Runs every <c>curl</c> of the README against the real service and compares the answers. With <c>SOFTMAX_WRITE_README=1</c> it writes
/// them into the README instead.
/// </summary>
[Collection(nameof(RunningService))]
public sealed partial class ReadMeTests(RunningService service)
{
    private const string ReadMeUrl = "http://localhost:5000";

    private static readonly string ReadMe = Path.Combine(RunningService.RepositoryRoot, "README.md");
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [CurlFact]
    public async Task EveryExampleAnswersAsWritten()
    {
        var text = await File.ReadAllTextAsync(ReadMe);
        var examples = Example().Matches(text);

        Assert.True(examples.Count >= 6);
        foreach (Match example in examples)
        {
            var answer = JsonDocument.Parse(await RunAsync(example.Groups["arguments"].Value)).RootElement;
            if (Environment.GetEnvironmentVariable("SOFTMAX_WRITE_README") == "1")
            {
                text = text.Replace(example.Value, $"```console\n$ curl {example.Groups["arguments"].Value}\n{Shorten(answer)}\n```", StringComparison.Ordinal);
                continue;
            }

            SameJson.Assert(JsonDocument.Parse(example.Groups["output"].Value).RootElement, answer, example.Groups["arguments"].Value);
        }

        if (Environment.GetEnvironmentVariable("SOFTMAX_WRITE_README") == "1")
        {
            await File.WriteAllTextAsync(ReadMe, text);
        }
    }

    [Fact]
    public async Task EveryProblemCodeIsListed()
    {
        var text = await File.ReadAllTextAsync(ReadMe);
        var codes = typeof(Problem).GetFields().Select(field => field.GetValue(null)).OfType<Problem>().Where(problem => problem.Status < 500).ToArray();

        Assert.NotEmpty(codes);
        Assert.All(codes, problem => Assert.Contains($"`{problem.Code}`", text, StringComparison.Ordinal));
    }

    private async Task<string> RunAsync(string arguments)
    {
        var start = new ProcessStartInfo("curl") { WorkingDirectory = RunningService.RepositoryRoot, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (Match argument in Argument().Matches(arguments))
        {
            var plain = argument.Value.Trim('"', '\'');
            start.ArgumentList.Add(plain.Replace(ReadMeUrl, service.Client.BaseAddress!.OriginalString.TrimEnd('/'), StringComparison.Ordinal));
        }

        using var curl = Process.Start(start)!;
        var output = await curl.StandardOutput.ReadToEndAsync();
        await curl.WaitForExitAsync();
        Assert.True(curl.ExitCode == 0, $"curl {arguments} ends with {curl.ExitCode}");
        return output;
    }

    /// <summary>Indented, with the objects of a list on one line each, as a reader would lay it out.</summary>
    private static string Shorten(JsonElement answer) =>
        InnerObject().Replace(JsonSerializer.Serialize(answer, Indented), inner => LineBreak().Replace(inner.Value, " "));

    [GeneratedRegex("```console\n\\$ curl (?<arguments>.+)\n(?<output>[\\s\\S]+?)\n```")]
    private static partial Regex Example();

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|[^\\s]+")]
    private static partial Regex Argument();

    [GeneratedRegex("(\\{[^{}\\[\\]]*\\}|\\[[^{}\\[\\]]*\\])")]
    private static partial Regex InnerObject();

    [GeneratedRegex("\\s*\n\\s*")]
    private static partial Regex LineBreak();

    private sealed class CurlFactAttribute : FactAttribute
    {
        public CurlFactAttribute() => Skip = Tool.WhyMissing("curl", "--version");
    }
}

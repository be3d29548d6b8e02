using System.Diagnostics;
using SoftmaxService.Api.Endpoints.Health;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Endpoints.Health;

[Collection(nameof(RunningService))]
public sealed class HealthProbeTests(RunningService service)
{
    [Theory]
    [InlineData("health/ready")]
    [InlineData("health/live")]
    public async Task AHealthyServiceExitsWithZero(string path)
    {
        var (exitCode, output) = await RunAsync(new Uri(service.Client.BaseAddress!, path).AbsoluteUri);

        Assert.Equal(0, exitCode);
        Assert.Contains("200", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServiceThatIsNotReadyExitsWithOneAndAReason()
    {
        using var notReady = new ServiceWith(("Models:Default", "cats"));
        var address = notReady.Client.BaseAddress!;

        var (exitCode, output) = await RunAsync(new Uri(address, "/health/ready").AbsoluteUri);

        Assert.Equal(1, exitCode);
        Assert.Contains("503", output, StringComparison.Ordinal);
        Assert.Contains("cats", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(new Uri(address, "/health/live").AbsoluteUri)).ExitCode);
    }

    [Fact]
    public async Task WithoutAListenerItExitsWithOne()
    {
        var (exitCode, output) = await RunAsync($"http://127.0.0.1:{SmallModelService.FreePort()}/health/ready");

        Assert.Equal(1, exitCode);
        Assert.Contains("does not respond", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ready")]
    [InlineData("localhost:5000")]
    [InlineData("ftp://localhost/")]
    [InlineData("/health/live", "/health/ready")]
    public async Task AnInvalidAddressExitsWithOneAndAnExample(params string[] words)
    {
        var (exitCode, output) = await RunAsync(words);

        Assert.Equal(1, exitCode);
        Assert.Contains("/health/live", output, StringComparison.Ordinal);
        Assert.Contains(string.Join(' ', words), output, StringComparison.Ordinal);
    }

    /// <summary>
    /// Runs it as a container does: the environment has the address, and a proxy for remote hosts.
    /// </summary>
    [Theory]
    [InlineData("Urls")]
    [InlineData("ASPNETCORE_URLS")]
    public async Task TheProgramProbesItsAddressWithoutAProxy(string setting)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "health"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment[setting] = $"http://*:{service.Client.BaseAddress!.Port}";
        start.Environment["http_proxy"] = $"http://127.0.0.1:{SmallModelService.FreePort()}";

        using var process = Process.Start(start)!; // null only with UseShellExecute
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(0, process.ExitCode);
        Assert.Contains("mnist/1", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] words)
    {
        var output = new StringWriter();
        return (await HealthProbe.RunAsync(words, output), output.ToString());
    }
}

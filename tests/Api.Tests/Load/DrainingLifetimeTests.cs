using System.Net.Sockets;
using System.Text;

namespace SoftmaxService.Api.Tests.Load;

public sealed class DrainingLifetimeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ATerminatedServiceFinishesRequestsRejectsNewOnesAndExitsWithZero()
    {
        using var service = await ServiceProcess.StartReadyAsync(
            ServiceProcess.Built,
            "--Shutdown:GraceSeconds=0",
            "--Shutdown:DrainSeconds=60");
        using var slow = new SlowRequest(service.Client.BaseAddress!);
        await slow.BeginAsync();

        await service.TerminateAsync();
        var rejected = await UntilRejectedAsync(service.Client);
        var live = await Answer.ReadAsync(await service.Client.GetAsync("/health/live"));
        var answer = await slow.FinishAsync();

        rejected.IsProblem(503, "draining");
        Assert.NotNull(rejected.Headers.RetryAfter);
        Assert.Equal(200, live.Status);
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal(0, await service.ExitCodeAsync());
        Assert.Contains(
            "Rejecting new requests; still in flight: ",
            service.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATerminatedServiceExitsAfterItsTimeLimit()
    {
        using var service = await ServiceProcess.StartReadyAsync(
            ServiceProcess.Built,
            "--Shutdown:GraceSeconds=0",
            "--Shutdown:DrainSeconds=0.1");
        using var slow = new SlowRequest(service.Client.BaseAddress!);
        await slow.BeginAsync();

        await service.TerminateAsync();

        Assert.Equal(0, await service.ExitCodeAsync());
        Assert.Contains("requests that are still in flight: 1 ", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASecondSignalEndsTheServiceAtOnce()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, "--Shutdown:GraceSeconds=3600");

        await service.TerminateAsync();
        await UntilAsync(async () => (int)(await service.Client.GetAsync("/health/ready")).StatusCode == 503);
        await service.TerminateAsync();

        Assert.Equal(0, await service.ExitCodeAsync());
    }

    [Fact]
    public async Task CtrlCFinishesRequestsAndASecondOneExitsAtOnce()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, "--Shutdown:DrainSeconds=3600");
        using var slow = new SlowRequest(service.Client.BaseAddress!);
        await slow.BeginAsync();

        await service.SignalAsync("INT");
        await UntilAsync(async () => await IsRejectedAsync(service.Client.BaseAddress!));
        Assert.False(service.HasExited);
        await service.SignalAsync("INT");

        Assert.Equal(0, await service.ExitCodeAsync());
    }

    [Theory]
    [InlineData(
        "--Batching:MaxBatchSize=257",
        "The service cannot start: Batching:MaxBatchSize must be between 1 and 256.")]
    [InlineData(
        "--Load:RequestSeconds=soon",
        "The service cannot start: Failed to convert configuration value 'soon' at 'Load:RequestSeconds'")]
    [InlineData(
        "--Limits:MaxImagePixel=1",
        "The service cannot start: there is no setting 'MaxImagePixel' in the section Limits.")]
    [InlineData(
        "--Access:Keys=secret",
        "The service cannot start: Access:Keys must contain named keys, each with a hash, such as "
            + "Access:Keys:web:Hash.")]
    [InlineData(
        "--Access:Keys:web:hsah=0",
        "The service cannot start: there is no setting 'hsah' in the section Access:Keys:<name>.")]
    [InlineData(
        "--Models:Versions=all",
        "The service cannot start: Models:Versions needs the model's name, as in Models:Versions:mnist=latest:2.")]
    [InlineData(
        "--Serilog:WriteTo:0=File",
        "The service cannot start: There is no setting Serilog:WriteTo. The section has MinimumLevel and Format.")]
    [InlineData(
        "--Limits:MaxConnections=",
        "The service cannot start: Limits:MaxConnections is empty. It must be a number; leave the setting out")]
    [InlineData(
        "--Access:Keys:web:MegapixelsPerSecond=",
        "Access:Keys:web:MegapixelsPerSecond is empty. It must be a number; leave the setting out for its default.")]
    [InlineData("--port=80", "The service cannot start: there is no setting 'port'; the address is set by --urls")]
    [InlineData(
        "--Urls=localhost:80", "The service cannot start: the address 'localhost:80' of Urls is not understood")]
    [InlineData("--Urls=http://127.0.0.1:99999", "of Urls has no port from 0 to 65535; give one such as")]
    [InlineData("--Urls=http://127.0.0.1:0;ftp://127.0.0.1:0", "'ftp://127.0.0.1:0' of Urls is neither http nor https")]
    [InlineData("--Urls=http://127.0.0.1:0/path", "has a path, which a server cannot listen on")]
    [InlineData("--Serilog:Format=xml", "The service cannot start: Serilog:Format is 'xml'. It must be text or json.")]
    public async Task AnInvalidSettingIsReportedInOneLine(string setting, string line)
    {
        Assert.Contains(line, Assert.Single(await LinesOfAFailedStartAsync(setting)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Grpc:Url=http://192.0.2.1:1", "cannot be listened on")]
    [InlineData("--Urls=https://127.0.0.1:0", "No server certificate was specified")]
    public async Task AnAddressThatCannotBeBoundIsReportedInOneLine(string setting, string line)
    {
        var lines = await LinesOfAFailedStartAsync(setting);

        Assert.Contains(
            line,
            Assert.Single(lines, told => told.StartsWith("The service cannot start: ", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.DoesNotContain(lines, told => told.StartsWith("   at ", StringComparison.Ordinal));
    }

    private static async Task<string[]> LinesOfAFailedStartAsync(string setting)
    {
        using var service = ServiceProcess.Start(ServiceProcess.Built, setting);
        Assert.Equal(1, await service.ExitCodeAsync());
        return service.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Whether the port is no longer listened on.</summary>
    private static async Task<bool> IsRejectedAsync(Uri address)
    {
        using var connection = new TcpClient();
        try
        {
            await connection.ConnectAsync(address.Host, address.Port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task<Answer> UntilRejectedAsync(HttpClient client)
    {
        Answer? answer = null;
        await UntilAsync(async () =>
        {
            using var content = new StringContent("""{"logits": [1, 2]}""", Encoding.UTF8, "application/json");
            answer = await Answer.ReadAsync(await client.PostAsync("/softmax", content));
            return answer.Status != 200;
        });
        return answer!; // at least one request was sent
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    /// <summary>A request that sends its body in two parts.</summary>
    private sealed class SlowRequest(Uri address) : IDisposable
    {
        private const string Json = """{"logits": [1, 2]}""";
        private readonly TcpClient _connection = new();

        /// <summary>
        /// Sends the first part and waits until the service handles the request, that is, asks for the body.
        /// </summary>
        public async Task BeginAsync()
        {
            await _connection.ConnectAsync(address.Host, address.Port);
            await SendAsync(
                "POST /softmax HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                    + $"Content-Length: {Json.Length}\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 100 ", await ReceiveAsync(), StringComparison.Ordinal);
            await SendAsync(Json[..5]);
        }

        public async Task<string> FinishAsync()
        {
            await SendAsync(Json[5..]);
            return await ReceiveAsync();
        }

        public void Dispose() => _connection.Dispose();

        private async Task SendAsync(string text) =>
            await _connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

        private async Task<string> ReceiveAsync()
        {
            using var patience = new CancellationTokenSource(Patience);
            var buffer = new byte[4096];
            return Encoding.ASCII.GetString(buffer, 0, await _connection.GetStream().ReadAsync(buffer, patience.Token));
        }
    }
}

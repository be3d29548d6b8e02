using System.Net.Sockets;
using System.Text;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>A body that does not arrive whole is no fault of the service, and is not logged as one.</summary>
public sealed class CutBodiesTests
{
    private const int Tries = 20;

    private static readonly string[] Uploads =
    [
        "Content-Length: 1000\r\n\r\n" + new string('x', 100),
        "Content-Length: 900000\r\n\r\n" + new string('x', 100_000),
        "Transfer-Encoding: chunked\r\n\r\n186a0\r\n" + new string('x', 50_000),
    ];

    [Fact]
    public async Task AResetConnectionIsNotLoggedAsAnError()
    {
        using var service = await WarmServiceAsync();
        foreach (var upload in Enumerable.Repeat(Uploads, Tries).SelectMany(upload => upload))
        {
            using var connection = await BeginAsync(service, upload);
            await Task.Delay(50); // the service now waits for the rest
            connection.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        await EndsWithoutErrorsAsync(service, "499", Tries); // the others had not begun
    }

    [Fact]
    public async Task AnUploadThatOutlastsTheDrainIsNotLoggedAsAnError()
    {
        using var service = await WarmServiceAsync("--Shutdown:GraceSeconds=0", "--Shutdown:DrainSeconds=0.5");
        var connections = await Task.WhenAll(Uploads.Select(upload => BeginAsync(service, upload)));
        await Task.Delay(500);

        await service.TerminateAsync();
        await service.ExitCodeAsync();

        Assert.Contains($"still in flight: {Uploads.Length} (setting", service.Output, StringComparison.Ordinal);
        await EndsWithoutErrorsAsync(service, "499", Uploads.Length);
        Array.ForEach(connections, connection => connection.Dispose());
    }

    [Fact]
    public async Task AnUploadThatOutlastsItsDeadlineIsAnsweredAndTheConnectionServesTheNextRequest()
    {
        using var service = await WarmServiceAsync();
        foreach (var length in new[] { 1000, 900_000 })
        {
            using var connection = await BeginAsync(
                service, $"timeout: 0.2\r\nContent-Length: {length}\r\n\r\n" + new string('x', length / 2));
            await UntilReceivedAsync(connection, "504");

            await SendAsync(
                connection, new string('x', length - (length / 2)) + "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
            await UntilReceivedAsync(connection, "200");
        }

        await EndsWithoutErrorsAsync(service, "504", 2);
    }

    /// <summary>A service that has answered: its first request takes long.</summary>
    private static async Task<ServiceProcess> WarmServiceAsync(params string[] settings)
    {
        var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, settings);
        using var content = new ByteArrayContent([]);
        using var answer = await service.Client.PostAsync("/classify", content);
        return service;
    }

    private static async Task<TcpClient> BeginAsync(ServiceProcess service, string upload)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(service.Client.BaseAddress!.Host, service.Client.BaseAddress.Port);
        await SendAsync(connection, $"POST /classify HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n{upload}");
        return connection;
    }

    private static async Task SendAsync(TcpClient connection, string text) =>
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

    private static async Task UntilReceivedAsync(TcpClient connection, string status)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var received = new StringBuilder();
        var buffer = new byte[8192];
        while (!received.ToString().Contains($"HTTP/1.1 {status} ", StringComparison.Ordinal))
        {
            var count = await connection.GetStream().ReadAsync(buffer, patience.Token);
            Assert.True(count > 0, $"The connection ended after: {received}");
            received.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }

    /// <summary>Waits until so many requests have ended with a status; no line is an error.</summary>
    private static async Task EndsWithoutErrorsAsync(ServiceProcess service, string status, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (service.Output.Split($" {status} ").Length <= count)
        {
            await Task.Delay(20, patience.Token);
        }

        Assert.DoesNotContain(" ERR ", service.Output, StringComparison.Ordinal);
    }
}

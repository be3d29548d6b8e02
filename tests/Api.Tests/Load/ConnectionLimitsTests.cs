using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>Kestrel's limits on connections and incomplete requests, tested over raw sockets.</summary>
public sealed class ConnectionLimitsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _noModels = new();

    [Fact]
    public async Task ATooLongRequestLineOrHeadersAreRejected()
    {
        using var service = Service(
            ("Limits:MaxRequestLineBytes", "300"),
            ("Limits:MaxHeaderBytes", "1024"),
            ("Limits:MaxHeaders", "8"));
        var port = service.Client.BaseAddress!.Port;

        Assert.StartsWith("HTTP/1.1 200", await SendAsync(port, Get("/health/live", 5)), StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 414",
            await SendAsync(port, Get($"/health/live?{new string('x', 300)}", 0)),
            StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431", await SendAsync(port, Get("/health/live", 9)), StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 431",
            await SendAsync(port, Get("/health/live", 2, new string('x', 600))),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task AConnectionOverTheLimitIsClosedAndOthersContinue()
    {
        using var service = Service(("Limits:MaxConnections", "2"));
        var port = service.Client.BaseAddress!.Port;
        using var first = await ConnectAsync(port);
        using var second = await ConnectAsync(port);
        foreach (var connection in new[] { first, second })
        {
            await connection.SendAsync(Encoding.ASCII.GetBytes(Get("/health/live", 0)));
            Assert.True(await connection.ReceiveAsync(new byte[1]).WaitAsync(Patience) > 0);
        }

        using (var third = await ConnectAsync(port))
        {
            Assert.Equal("", await RestAsync(third));
        }

        await first.SendAsync(Encoding.ASCII.GetBytes(Get("/health/live", 0, close: true)));
        Assert.Contains("200 OK", await RestAsync(first), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeadersThatDripInAreCutOff()
    {
        using var service = Service(("Limits:HeadersSeconds", "1"));
        using var connection = await ConnectAsync(service.Client.BaseAddress!.Port);
        var clock = Stopwatch.StartNew();
        using var drip = new CancellationTokenSource();
        var dripping = DripAsync(connection, "GET /health/live HTTP/1.1\r\nHost: slow\r\nX-Slow: ", "x", drip.Token);

        Assert.StartsWith("HTTP/1.1 408", await RestAsync(connection), StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.9), Patience);
        await drip.CancelAsync();
        await dripping;
    }

    [Fact]
    public async Task ABodyThatDripsInIsDisconnectedWithAReason()
    {
        using var service = Service(("Limits:MinRequestBytesPerSecond", "1000"), ("Limits:RateGraceSeconds", "1.1"));
        using var connection = await ConnectAsync(service.Client.BaseAddress!.Port);
        using var drip = new CancellationTokenSource();
        var dripping = DripAsync(
            connection,
            "POST /softmax HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
            " ",
            drip.Token);

        var answer = await RestAsync(connection);
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("request-too-slow", answer, StringComparison.Ordinal);
        Assert.Contains("Limits:MinRequestBytesPerSecond", answer, StringComparison.Ordinal);
        await drip.CancelAsync();
        await dripping;
    }

    [Fact]
    public async Task AnIdleConnectionIsClosed()
    {
        using var service = Service(("Limits:KeepAliveSeconds", "1"));
        using var connection = await ConnectAsync(service.Client.BaseAddress!.Port);
        await connection.SendAsync(Encoding.ASCII.GetBytes(Get("/health/live", 0)));

        Assert.StartsWith("HTTP/1.1 200", await RestAsync(connection), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClientThatDoesNotReadItsAnswerIsDisconnected()
    {
        using var service = Service(
            ("Limits:MinResponseBytesPerSecond", "1000000000"),
            ("Limits:RateGraceSeconds", "1.1"));
        using var connection = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4096,
            NoDelay = true,
        };
        await connection.ConnectAsync(IPAddress.Loopback, service.Client.BaseAddress!.Port);
        var body = new byte[10_000_000]; // larger than the system's buffers
        await SendAllAsync(
            connection,
            Encoding.ASCII.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"POST /softmax HTTP/1.1\r\nHost: slow\r\nContent-Type: application/octet-stream\r\n"
                        + $"Content-Length: {body.Length}\r\n\r\n")));
        await SendAllAsync(connection, body);

        var fault = await Assert.ThrowsAnyAsync<SocketException>(async () =>
        {
            // A write to a reset connection fails.
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(50))
            {
                await connection.SendAsync("x"u8.ToArray());
            }
        });
        Assert.True(
            fault.SocketErrorCode
                is SocketError.ConnectionReset
                    or SocketError.Shutdown
                    or SocketError.ConnectionAborted,
            fault.SocketErrorCode.ToString());
    }

    public void Dispose() => _noModels.Dispose();

    private ServiceWith Service(params (string Name, string Value)[] settings) =>
        new([("Models:Folder", _noModels.Path), .. settings]);

    private static string Get(string path, int headers, string value = "1", bool close = false)
    {
        var lines = string.Concat(Enumerable.Range(0, headers).Select(index => $"X-{index}: {value}\r\n"));
        return $"GET {path} HTTP/1.1\r\nHost: test\r\n{lines}{(close ? "Connection: close\r\n" : "")}\r\n";
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    private static async Task<string> SendAsync(int port, string request)
    {
        using var connection = await ConnectAsync(port);
        await connection.SendAsync(
            Encoding.ASCII.GetBytes(
                request.Replace("Host: test\r\n", "Host: test\r\nConnection: close\r\n", StringComparison.Ordinal)));
        return await RestAsync(connection);
    }

    private static async Task SendAllAsync(Socket connection, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await connection.SendAsync(bytes.AsMemory(sent));
        }
    }

    /// <summary>Reads until the server closes the connection.</summary>
    private static async Task<string> RestAsync(Socket connection)
    {
        using var patience = new CancellationTokenSource(Patience);
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await connection.ReceiveAsync(buffer.AsMemory(), patience.Token) is var count and > 0)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, count));
            }
        }
        catch (SocketException)
        {
            // The server closed the connection before it had read everything.
        }

        return text.ToString();
    }

    private static async Task DripAsync(
        Socket connection, string head, string drop, CancellationToken cancellationToken)
    {
        try
        {
            await connection.SendAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
            while (true)
            {
                await Task.Delay(50, cancellationToken);
                await connection.SendAsync(Encoding.ASCII.GetBytes(drop), cancellationToken);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException)
        {
            // Disconnected, as expected.
        }
    }
}

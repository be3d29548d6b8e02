using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.ReliabilityBenchmarks.Load;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>Slow clients hold connections open while others are served.</summary>
internal static class SlowTrial
{
    private const int SlowClients = 100;
    private const int NormalClients = 4;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Drip = TimeSpan.FromSeconds(1);

    private static readonly (string Name, byte[] Head, string Dripped)[] Kinds =
    [
        ("headers, one byte per second", "POST /classify HTTP/1.1\r\nHost: localhost\r\nX-Slow: "u8.ToArray(), "a"),
        (
            "a body, one byte per second",
            [
                .. "POST /classify HTTP/1.1\r\nHost: localhost\r\n"u8,
                .. "Content-Type: image/png\r\nContent-Length: 1000\r\n\r\n"u8,
            ],
            "a"),
        ("nothing", [], ""),
    ];

    public static async Task<int> RunAsync()
    {
        await using var service = await ServiceProcess.StartAsync(processor: null);
        var image = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "seven.png"));
        var alone = await LatencyAsync(service, image, Task.Delay(TimeSpan.FromSeconds(5)));

        var table = new StringBuilder();
        var isPassed = true;
        var slow = Kinds
            .Select(kind => (kind.Name, Ends: Repeat(() => DripAsync(service.Address.Port, kind.Head, kind.Dripped))))
            .Append(
                (
                    Name: "a request for 8 MB, and never read the answer",
                    Ends: Repeat(() => ReadNothingAsync(service.Address.Port), SlowClients / 10)))
            .ToArray();
        var beside = await LatencyAsync(service, image, Task.WhenAll(slow.Select(kind => kind.Ends)));
        foreach (var (name, ends) in slow)
        {
            double?[] seconds = await ends;
            var cut = seconds.OfType<double>().Order().ToArray();
            isPassed &= cut.Length == seconds.Length;
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {seconds.Length} | {cut.Length} | ");
            if (cut.Length > 0)
            {
                table.Append(CultureInfo.InvariantCulture, $"{cut[0]:F0}–{cut[^1]:F0}");
            }

            table.Append(" |\n");
        }

        return await Report.WriteAsync(
            "Slow clients",
            $"`run slow`: all of these at once, for at most {Longest.TotalSeconds} s, beside {NormalClients} normal "
                + "clients that post an image to `/classify` as soon as the previous one is answered.",
            string.Create(CultureInfo.InvariantCulture, $"""
                | slow clients send | clients | disconnected | after seconds |
                |---|---|---|---|
                {table}
                Normal clients without slow ones: {alone.Text}. With them: {beside.Text}.
                """),
            isPassed && alone.Failed + beside.Failed == 0);
    }

    private static async Task<(string Text, int Failed)> LatencyAsync(ServiceProcess service, byte[] image, Task until)
    {
        await using var clients = new SteadyClients(service.Address, NormalClients, image);
        await until;
        await clients.StopAsync();
        var milliseconds = clients.Milliseconds;
        return (
            string.Create(
                CultureInfo.InvariantCulture,
                $"p50 {OpenLoop.Quantile(milliseconds, 0.5):F1} ms, p99 {OpenLoop.Quantile(milliseconds, 0.99):F1} ms, "
                    + $"{clients.Answered} requests, not 200: {clients.FailuresInWords}"),
            clients.Failures.Values.Sum());
    }

    private static Task<double?[]> Repeat(Func<Task<double?>> client, int count = SlowClients) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => client()));

    /// <summary>
    /// Sends a head, then one byte at a time. Returns after how many seconds the server disconnected, or null if it did
    /// not.
    /// </summary>
    private static async Task<double?> DripAsync(int port, byte[] head, string dripped)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var clock = Stopwatch.StartNew();
        var ended = EndAsync(socket);
        try
        {
            await socket.SendAsync(head);
            while (clock.Elapsed < Longest && !ended.IsCompleted)
            {
                await Task.WhenAny(ended, Task.Delay(Drip));
                await socket.SendAsync(Encoding.ASCII.GetBytes(dripped));
            }
        }
        catch (SocketException)
        {
            // The server has disconnected.
        }

        return clock.Elapsed < Longest ? clock.Elapsed.TotalSeconds : null;
    }

    /// <summary>
    /// Asks for an answer that is larger than the system's buffers and never reads it. It ends when the server resets
    /// the connection.
    /// </summary>
    private static async Task<double?> ReadNothingAsync(int port)
    {
        const int Bytes = 8_000_000;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4096,
        };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var clock = Stopwatch.StartNew();
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"POST /softmax?classes=1000 HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                        + $"application/octet-stream\r\nContent-Length: {Bytes}\r\n\r\n")));
        for (ReadOnlyMemory<byte> body = new byte[Bytes]; body.Length > 0;)
        {
            body = body[await socket.SendAsync(body)..];
        }

        while (clock.Elapsed < Longest && !socket.Poll(0, SelectMode.SelectError))
        {
            await Task.Delay(Drip);
            try
            {
                // Throws once the connection is reset.
                await socket.SendAsync("x"u8.ToArray());
            }
            catch (SocketException)
            {
                return clock.Elapsed.TotalSeconds;
            }
        }

        return clock.Elapsed < Longest ? clock.Elapsed.TotalSeconds : null;
    }

    private static async Task EndAsync(Socket socket)
    {
        try
        {
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // A reset is a disconnect, too.
        }
    }
}

using System.Diagnostics;
using System.Net.Sockets;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>
/// Headers over HTTP/2 that go on in empty frames for ever, which no limit of their size ends: the frames of RFC 9113,
/// sections 6.2 and 6.10, written by hand.
/// </summary>
public sealed class ContinuationFloodTests : IDisposable
{
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte Continuation = 9;
    private const int FramesAtOnce = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly int _port = SmallModelService.FreePort();
    private readonly TemporaryFolder _noModels = new();

    public void Dispose() => _noModels.Dispose();

    [Fact]
    public async Task TheTimeForHeadersEndsIt()
    {
        using var service = new ServiceWith(
            ("Models:Folder", _noModels.Path),
            ("Grpc:Url", $"http://127.0.0.1:{_port}"),
            ("Limits:HeadersSeconds", "1"));
        _ = service.Client; // starts it
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", _port);
        var stream = connection.GetStream();

        // POST http / by the indices of RFC 7541, appendix A.
        byte[] begin =
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
            .. Frame(Settings, stream: 0),
            .. Frame(Headers, stream: 1, 0x83, 0x86, 0x84),
        ];
        await stream.WriteAsync(begin);
        var clock = Stopwatch.StartNew();
        var flooding = FloodAsync(stream);

        await ReadToEndAsync(stream).WaitAsync(Patience);

        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.9), Patience);
        Assert.True(await flooding.WaitAsync(Patience) > FramesAtOnce);
        Assert.Equal(200, (await service.GetAsync("/health/live")).Status);
    }

    /// <summary>A frame without flags, and so neither the end of the headers nor of the stream.</summary>
    private static byte[] Frame(byte type, byte stream, params byte[] payload) =>
        [0, 0, (byte)payload.Length, type, 0, 0, 0, 0, stream, .. payload];

    /// <summary>Sends empty frames until the connection is closed, and returns how many.</summary>
    private static async Task<long> FloodAsync(NetworkStream stream)
    {
        var frames = Enumerable.Repeat(Frame(Continuation, stream: 1), FramesAtOnce).SelectMany(frame => frame)
            .ToArray();
        for (var sent = 0L; ; sent += FramesAtOnce)
        {
            try
            {
                await stream.WriteAsync(frames);
            }
            catch (IOException)
            {
                return sent;
            }
        }
    }

    private static async Task ReadToEndAsync(NetworkStream stream)
    {
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset, since it still sends.
        }
    }
}

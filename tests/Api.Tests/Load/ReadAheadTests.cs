using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SkiaSharp;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>What a client sends while its request is not answered is left with the system.</summary>
public sealed class ReadAheadTests : IDisposable
{
    private const int Connections = 8;
    private const int Sent = 1_000_000;
    private const int Least = 50_000;
    private const int Most = 200_000;
    private const int Unchanged = 20; // requests during which nothing more was read

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Grey = EncodedImages.Encode(4, 4, (_, _) => SKColors.Gray);

    private readonly RunningService _service = new();
    private readonly MeterListener _listener = new();
    private long _allocated;

    public ReadAheadTests()
    {
        var meters = _service.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Name == "aspnetcore.memory_pool.allocated")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, bytes, _, _) => Interlocked.Add(ref _allocated, bytes));
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _service.Dispose();
    }

    [Fact]
    public async Task NoMoreIsReadThanARequestMayNeedSoon()
    {
        using var busy = await BusyGate.OccupyAsync(_service); // no request is answered
        using var patience = new CancellationTokenSource(Patience);
        var port = _service.Client.BaseAddress!.Port;
        List<Socket> connections = [];
        try
        {
            for (var i = 0; i < Connections; i++)
            {
                var connection = new Socket(SocketType.Stream, ProtocolType.Tcp);
                connections.Add(connection);
                await connection.ConnectAsync(IPAddress.Loopback, port);
                byte[] request =
                [
                    .. Encoding.ASCII.GetBytes(string.Create(
                        CultureInfo.InvariantCulture,
                        $"""
                         POST /classify HTTP/1.1
                         Host: a
                         Content-Type: image/png
                         Content-Length: {Grey.Length}


                         """).ReplaceLineEndings("\r\n")),
                    .. Grey,
                    .. new byte[Sent], // its next requests, as far as the service knows
                ];
                _ = connection.SendAsync(request); // may never end
            }

            try
            {
                await UntilNothingMoreIsReadAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{_allocated} bytes were read ahead after {Patience}.");
            }

            Assert.InRange(_allocated, Connections * Least, Connections * Most);
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    private async Task UntilNothingMoreIsReadAsync(CancellationToken cancellationToken)
    {
        for (var (before, same) = (0L, 0); same < Unchanged; same = _allocated == before ? same + 1 : 0)
        {
            before = _allocated >= Connections * Least ? _allocated : -1;
            await _service.GetAsync("/health/live").WaitAsync(cancellationToken);
        }
    }
}

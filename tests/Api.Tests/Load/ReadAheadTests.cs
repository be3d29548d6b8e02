using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SkiaSharp;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>What a client sends while its request is not answered is left with the system.</summary>
public sealed class ReadAheadTests : IDisposable
{
    private const int Connections = 8;
    private const int Sent = 1_000_000;
    private const int Requests = 200; // in which a megabyte of each connection would be read
    private const int Most = 200_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Grey = EncodedImages.Encode(4, 4, (_, _) => SKColors.Gray);

    private readonly ModelFolder _folder = new();
    private readonly ServiceWith _service;
    private readonly MeterListener _listener = new();
    private long _allocated;

    public ReadAheadTests()
    {
        _folder.With("endless/1", CostlyModels.EndlessOnGrey(), """{"output": {"kind": "logits"}}""");
        _service = new ServiceWith(("Models:Folder", _folder.Path));
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
        _folder.Dispose();
    }

    [Fact]
    public async Task NoMoreIsReadThanARequestMayNeedSoon()
    {
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
                        $"POST /classify?model=endless HTTP/1.1\r\nHost: a\r\nContent-Length: {Grey.Length}\r\n\r\n")),
                    .. Grey,
                    .. new byte[Sent], // its next requests, as far as the service knows
                ];
                _ = connection.SendAsync(request); // may never end
            }

            using var patience = new CancellationTokenSource(Patience);
            for (var i = 0; i < Requests; i++)
            {
                await _service.Client.GetStringAsync(new Uri("/health/live", UriKind.Relative), patience.Token);
            }

            Assert.InRange(_allocated, 1, Connections * Most);
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }
}

using System.Net;
using System.Text;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>Memory that a burst took comes back when the service is quiet.</summary>
public sealed class MemoryReturnTests
{
    private const int RowCount = 20;
    private const int ClassCount = 2048;
    private const int Bodies = 12;
    private const int LargeBody = 8 << 20;
    private const long SeveralMegabytes = 64 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task WhatCalibrationsTookIsGivenBack()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, "--Serilog:Format=text");
        var before = service.ResidentBytes;
        var taken = 0L;
        for (var i = 0; i < 4; i++)
        {
            using var content = new StringContent(Calibration(), Encoding.UTF8, "application/json");
            using var answer = await service.Client.PostAsync("/calibrate", content);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            taken = Math.Max(taken, service.ResidentBytes - before);
        }

        Assert.True(taken > SeveralMegabytes, $"They took only {taken} bytes.");
        await UntilGivenBackAsync(service, before);
    }

    [Fact]
    public async Task WhatLargeBodiesTookIsGivenBack()
    {
        using var service = await ServiceProcess.StartReadyAsync(
            ServiceProcess.Built, "--Serilog:Format=text", "--Load:MaxBodyBytes=400000000");
        var before = service.ResidentBytes;
        var ends = new TaskCompletionSource();
        var answers = Enumerable.Range(0, Bodies).Select(_ => SendAsync(service, ends.Task)).ToList();

        // All are in memory at once, however busy the machine is.
        await Eventually.UntilAsync(() => service.ResidentBytes - before > SeveralMegabytes);
        ends.SetResult();
        await Task.WhenAll(answers);

        await UntilGivenBackAsync(service, before);
    }

    private static async Task SendAsync(ServiceProcess service, Task ends)
    {
        using var content = new HeldBody(ends);
        using var answer = await service.Client.PostAsync("/softmax?classes=2", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task UntilGivenBackAsync(ServiceProcess service, long before)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (service.ResidentBytes - before > SeveralMegabytes / 2)
        {
            await Task.Delay(50, patience.Token);
        }
    }

    /// <summary>Rows whose right class is often the likeliest.</summary>
    private static string Calibration()
    {
        var random = new Random(5);
        var labels = Enumerable.Range(0, RowCount).Select(_ => random.Next(ClassCount)).ToArray();
        var rows = labels.Select(label => string.Join(
            ',', Enumerable.Range(0, ClassCount).Select(k => (k == label ? 7 : 0) + random.Next(10))));
        return $$"""
            {"logits": [[{{string.Join("],[", rows)}}]], "labels": [{{string.Join(',', labels)}}], "bins": 1000}
            """;
    }

    /// <summary>A body whose last byte comes when it is told.</summary>
    private sealed class HeldBody : HttpContent
    {
        private readonly Task _ends;

        public HeldBody(Task ends)
        {
            _ends = ends;
            Headers.ContentType = new("application/octet-stream");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[LargeBody - 1]);
            await stream.FlushAsync();
            await _ends;
            stream.WriteByte(0);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = LargeBody;
            return true;
        }
    }
}

using System.Text;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>Memory that a burst took comes back when the service is quiet.</summary>
public sealed class MemoryReturnTests
{
    private const int RowCount = 20;
    private const int ClassCount = 2048;
    private const int Bodies = 8;
    private const int LargeBody = 8 << 20;
    private const long SeveralMegabytes = 64 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task WhatCalibrationsTookIsGivenBack()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, "--Serilog:Format=text");
        var before = service.ResidentBytes;
        for (var i = 0; i < 4; i++)
        {
            using var content = new StringContent(Calibration(), Encoding.UTF8, "application/json");
            using var answer = await service.Client.PostAsync("/calibrate", content);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }

        await AssertIsGivenBackAsync(service, before);
    }

    [Fact]
    public async Task WhatLargeBodiesTookIsGivenBack()
    {
        using var service = await ServiceProcess.StartReadyAsync(
            ServiceProcess.Built, "--Serilog:Format=text", "--Load:MaxBodyBytes=400000000");
        var before = service.ResidentBytes;
        await Parallel.ForAsync(0, Bodies, async (_, cancellationToken) =>
        {
            using var content = new ByteArrayContent(new byte[LargeBody]);
            content.Headers.ContentType = new("application/octet-stream");
            using var answer = await service.Client.PostAsync("/softmax?classes=2", content, cancellationToken);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
        });

        await AssertIsGivenBackAsync(service, before);
    }

    private static async Task AssertIsGivenBackAsync(ServiceProcess service, long before)
    {
        var taken = service.ResidentBytes - before;
        Assert.True(taken > SeveralMegabytes, $"It took only {taken} bytes.");

        using var patience = new CancellationTokenSource(Patience);
        while (service.ResidentBytes - before > taken / 2)
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
}

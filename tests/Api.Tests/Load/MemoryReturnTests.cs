using System.Text;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>Memory that a burst took comes back when the service is quiet.</summary>
public sealed class MemoryReturnTests
{
    private const int RowCount = 20;
    private const int ClassCount = 2048;
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

        var taken = service.ResidentBytes - before;
        Assert.True(taken > SeveralMegabytes, $"The calibrations took only {taken} bytes.");

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

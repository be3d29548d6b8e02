using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Api.Endpoints.Calibrate;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Models;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Metrics;

/// <summary>What the memory and the gates that requests share report of themselves.</summary>
public sealed class BudgetMetricsTests : IDisposable
{
    private const int BodyBytes = 1_000_000;
    private const int DecodeBytes = 50_000_000;

    private static readonly (string, string) Bodies = ("budget", "bodies");
    private static readonly (string, string) Decoding = ("budget", "decoding");

    private readonly ModelFolder _folder = new ModelFolder().With(
        "budgeted/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
    private readonly ServiceWith _service;

    public BudgetMetricsTests() => _service = new ServiceWith(
        ("Models:Folder", _folder.Path),
        ("Load:MaxBodyBytes", $"{BodyBytes}"),
        ("Load:MaxDecodeBytes", $"{DecodeBytes}"));

    public void Dispose()
    {
        _service.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task AtRestTheBudgetsAreFree()
    {
        var samples = await MetricsText.ReadAsync(_service);

        Assert.Equal(BodyBytes, samples.Sum("softmax_budget_limit_bytes", Bodies));
        Assert.Equal(DecodeBytes, samples.Sum("softmax_budget_limit_bytes", Decoding));
        foreach (var budget in new[] { Bodies, Decoding })
        {
            Assert.Equal(0, samples.Sum("softmax_budget_usage_bytes", budget));
            Assert.Equal(0, samples.Sum("softmax_budget_waiting", budget));
            Assert.Equal(0, samples.Sum("softmax_budget_rejections_total", budget));
        }

        Assert.Equal(
            (0, 0), (samples.Sum("softmax_calibrations_running"), samples.Sum("softmax_calibrations_waiting")));
    }

    [Fact]
    public async Task AStalledUploadIsUsageAndABodyBeyondItARejection()
    {
        const int Sent = 400_000;
        using var stalled = new TcpClient();
        await stalled.ConnectAsync(_service.Client.BaseAddress!.Host, _service.Client.BaseAddress.Port);
        await stalled.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            "POST /classify HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 450000\r\n\r\n"
            + new string('x', Sent)));
        await MetricsText.UntilAsync(
            _service, samples => samples.Sum("softmax_budget_usage_bytes", Bodies) >= 2 * Sent);

        (await _service.ClassifyAsync(new byte[200_000])).IsProblem(429, "overloaded");

        var samples = await MetricsText.ReadAsync(_service);
        Assert.Equal(1, samples.Sum("softmax_budget_rejections_total", Bodies));
        Assert.Equal(0, samples.Sum("softmax_budget_rejections_total", Decoding));
    }

    [Fact]
    public async Task AnImageThatNeverFitsIsARejection()
    {
        (await _service.ClassifyAsync(CostlyImages.InterlacedPng(2100))).IsProblem(
            413, "image-too-large", "Load:MaxDecodeBytes");

        var samples = await MetricsText.ReadAsync(_service);
        Assert.Equal(1, samples.Sum("softmax_budget_rejections_total", Decoding));
        Assert.Equal(0, samples.Sum("softmax_budget_rejections_total", Bodies));
    }

    [Fact]
    public async Task TheWaitForMemoryIsCountedAndNotThatForAPermit()
    {
        _ = _service.Client;
        var memory = _service.Services.GetRequiredService<ModelRepository>().Settings.Model.DecodeMemory;
        Task<Answer> waiting;
        using (await memory.ReserveAsync(DecodeBytes / 2, CancellationToken.None))
        {
            waiting = _service.ClassifyAsync(CostlyImages.InterlacedPng(2000));
            var full = await MetricsText.UntilAsync(
                _service, samples => samples.Sum("softmax_budget_waiting", Decoding) == 1);
            Assert.Equal(DecodeBytes / 2, full.Sum("softmax_budget_usage_bytes", Decoding));
            Assert.Null(full.Sum("softmax_gate_memory_duration_seconds_count", ("model", "budgeted")));
        }

        Assert.Equal(200, (await waiting).Status);
        var samples = await MetricsText.ReadAsync(_service);
        Assert.Equal(1, samples.Sum("softmax_gate_memory_duration_seconds_count", ("model", "budgeted")));
        Assert.Null(samples.Sum("softmax_gate_long_duration_seconds_count", ("model", "budgeted")));
        Assert.Equal(0, samples.Sum("softmax_budget_usage_bytes", Decoding));
    }

    [Fact]
    public async Task TheWaitForOtherLongImagesIsCounted()
    {
        _folder.With("long/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4));
        _ = _service.Client;
        var gate = _service.Services.GetRequiredService<ComputeGate>();
        var permits = new List<ComputeGate.Permit>();
        for (var permit = 0; permit < Environment.ProcessorCount; permit++)
        {
            permits.Add(await gate.EnterLongAsync(CancellationToken.None));
        }

        var waiting = _service.ClassifyAsync(CostlyImages.InterlacedPng(2000), "?model=long");
        await MetricsText.UntilAsync(_service, _ => gate.LongWaiting == 1);
        permits.ForEach(permit => permit.Dispose());

        Assert.Equal(200, (await waiting).Status);
        var samples = await MetricsText.ReadAsync(_service);
        Assert.Equal(1, samples.Sum("softmax_gate_long_duration_seconds_count", ("model", "long")));
        Assert.Null(samples.Sum("softmax_gate_duration_seconds_count", ("model", "long")));
    }

    [Fact]
    public async Task CalibrationsThatComputeAndWaitAreCounted()
    {
        _ = _service.Client;
        var gate = _service.Services.GetRequiredKeyedService<ComputeGate>(CalibrateEndpoint.Gate);
        var permits = new List<ComputeGate.Permit>();
        for (var permit = 0; permit < Math.Max(1, Environment.ProcessorCount / 2); permit++)
        {
            permits.Add(await gate.EnterAsync(CancellationToken.None));
        }

        var waiting = _service.PostAsync("/calibrate", """{"logits": [[1, 2], [2, 1]], "labels": [0, 2]}""");
        var busy = await MetricsText.UntilAsync(
            _service, samples => samples.Sum("softmax_calibrations_waiting") == 1);
        Assert.Equal(permits.Count, busy.Sum("softmax_calibrations_running"));
        permits.ForEach(permit => permit.Dispose());

        (await waiting).IsProblem(400, "invalid-calibration-data");
        var samples = await MetricsText.ReadAsync(_service);
        Assert.Equal(
            (0, 0), (samples.Sum("softmax_calibrations_running"), samples.Sum("softmax_calibrations_waiting")));
    }
}

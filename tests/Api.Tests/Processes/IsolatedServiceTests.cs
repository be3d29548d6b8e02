using System.Diagnostics;
using SkiaSharp;
using SoftmaxService.Api.Tests.Models.Probing;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.Api.Tests.Processes;

/// <summary>The service as its own process, with <c>Imaging:Isolation=process</c>.</summary>
public sealed class IsolatedServiceTests
{
    private const string Isolated = "--Imaging:Isolation=process";
    private const string NoGrace = "--Shutdown:GraceSeconds=0";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Seconds of decoding.
    private static readonly byte[] Slow = CostlyImages.InterlacedPng(5500);

    [LinuxFact]
    public async Task ManyAtOnceAreAnsweredAsWithoutIsolation()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, Isolated);
        using var plain = await ServiceProcess.StartReadyAsync(ServiceProcess.Built);
        byte[][] files =
        [
            RunningService.Seven,
            RunningService.Three,
            EncodedImages.Encode(700, 500, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg, 90),
            EncodedImages.Encode(200, 100, EncodedImages.Colorful, SKEncodedImageFormat.Webp),
            EncodedImages.EmptyPng(5, 5),
        ];
        var expected = await Task.WhenAll(files.Select(file => ClassifyAsync(plain, file)));

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(index => ClassifyAsync(service, files[index % files.Length])));

        Assert.Equal([200, 200, 200, 200, 422], expected.Select(answer => answer.Status));
        Assert.All(answers.Index(), answer => Assert.Equal(
            WithoutTrace(expected[answer.Index % files.Length].Body), WithoutTrace(answer.Item.Body)));
        Assert.InRange(service.Children().Length, 1, 2 * Environment.ProcessorCount);
        Assert.Empty(plain.Children());
    }

    [LinuxTheory]
    [InlineData("SEGV", "signal SIGSEGV")]
    [InlineData("KILL", "signal SIGKILL")]
    public async Task ACrashCostsOneRequest(string signal, string mention)
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, Isolated);
        var answer = ClassifyAsync(service, Slow);
        var busy = await BusyChildAsync(service);

        Assert.Equal(200, (await ClassifyAsync(service, RunningService.Seven)).Status); // meanwhile
        await SignalAsync(signal, busy);
        await SignalAsync(signal, busy); // the runtime's own handler takes the first

        var (status, body) = await answer;
        Assert.Equal(422, status);
        Assert.Contains("image-undecodable", body, StringComparison.Ordinal);
        Assert.Contains(mention, body, StringComparison.Ordinal);
        Assert.Equal(200, (await ClassifyAsync(service, RunningService.Seven)).Status);
        var metrics = await service.Client.GetStringAsync("/metrics");
        Assert.Contains("softmax_decoders_ended_total{reason=\"crashed\"} 1", metrics, StringComparison.Ordinal);
        await UntilAsync(() => service.Output.Contains(mention, StringComparison.Ordinal));
    }

    [LinuxFact]
    public async Task TheDeadlineEndsADecode()
    {
        using var service = await ServiceProcess.StartReadyAsync(
            ServiceProcess.Built, Isolated, "--Load:RequestSeconds=0.5");
        var idle = service.Children();

        // On a busy machine, the deadline may pass before the decode begins; then no decoder ends.
        await Eventually.UntilAsync(async () =>
        {
            Assert.Equal(504, (await ClassifyAsync(service, Slow)).Status);
            var clock = Stopwatch.StartNew();
            while (!idle.Except(service.Children()).Any() && clock.Elapsed < TimeSpan.FromSeconds(2))
            {
                await Task.Delay(10);
            }

            return idle.Except(service.Children()).Any();
        });
        Assert.Equal(200, (await ClassifyAsync(service, RunningService.Seven)).Status);
        var metrics = await service.Client.GetStringAsync("/metrics");
        Assert.Contains("softmax_decoders_ended_total{reason=\"cancelled\"} 1", metrics, StringComparison.Ordinal);
    }

    [LinuxTheory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task DecodersEndWithTheService(string signal)
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, Isolated, NoGrace);
        Assert.Equal(200, (await ClassifyAsync(service, RunningService.Seven)).Status);
        var answer = signal == "KILL" ? ClassifyAsync(service, Slow) : null;
        if (answer is not null)
        {
            await BusyChildAsync(service);
        }

        var children = service.Children();
        Assert.NotEmpty(children);

        await service.SignalAsync(signal);
        await service.ExitCodeAsync();

        await UntilAsync(() => !children.Any(IsRunning));
        if (answer is not null)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => answer);
        }
    }

    [LinuxFact]
    public async Task ADecoderHasNoneOfTheServicesFiles()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built, Isolated);
        await ClassifyAsync(service, RunningService.Seven);

        var files = Directory.GetFiles($"/proc/{service.Children()[0]}/fd")
            .Select(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name ?? "");

        Assert.DoesNotContain(files, file => file.StartsWith("socket:", StringComparison.Ordinal));
    }

    [LinuxTheory]
    [InlineData("thread", "must be none or process")]
    [InlineData("", "must be none or process")]
    public async Task AnotherValueEndsTheStart(string value, string mention)
    {
        using var service = ServiceProcess.Start(ServiceProcess.Built, $"--Imaging:Isolation={value}");

        Assert.Equal(1, await service.ExitCodeAsync());
        await UntilAsync(() => service.Output.Contains(mention, StringComparison.Ordinal));
    }

    private static async Task<(int Status, string Body)> ClassifyAsync(ServiceProcess service, byte[] image)
    {
        using var content = new ByteArrayContent(image) { Headers = { ContentType = new("image/png") } };
        using var answer = await service.Client.PostAsync("/classify?model=mnist", content);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string WithoutTrace(string body) =>
        body.IndexOf("\"traceId\"", StringComparison.Ordinal) is >= 0 and var start ? body[..start] : body;

    /// <summary>The child that takes processor time.</summary>
    private static async Task<int> BusyChildAsync(ServiceProcess service)
    {
        var before = service.Children().ToDictionary(id => id, ProcessorTime);
        int? busy = null;
        await UntilAsync(() => (busy = service.Children().Cast<int?>().FirstOrDefault(
            id => ProcessorTime(id!.Value) - before.GetValueOrDefault(id.Value)
                > TimeSpan.FromMilliseconds(200))) is not null); // id is not null
        return busy!.Value; // waited for
    }

    private static TimeSpan ProcessorTime(int id)
    {
        using var process = Process.GetProcessById(id);
        return process.TotalProcessorTime;
    }

    private static bool IsRunning(int id) =>
        File.Exists($"/proc/{id}/stat")
            && !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static async Task SignalAsync(string signal, int id)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{id}"]);
        await kill.WaitForExitAsync();
    }

    private static async Task UntilAsync(Func<bool> isDone)
    {
        for (var clock = Stopwatch.StartNew(); !isDone(); await Task.Delay(10))
        {
            Assert.True(clock.Elapsed < Patience, "It did not happen.");
        }
    }
}

using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using SkiaSharp;
using SoftmaxService.Api.Tests.Metrics;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Models.Probing;

/// <summary>Models of strangers in the service as it is started, with its probes in processes of their own.</summary>
public sealed class ModelProbeTests : IDisposable
{
    private const StringComparison Ordinal = StringComparison.Ordinal;
    private const string IsLogits = """{"output": {"kind": "logits"}}""";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4); // probes take every core
    private static readonly byte[] Three = ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);
    private static readonly byte[] Black = EncodedImages.Encode(4, 4, (_, _) => SKColors.Black);

    private readonly ModelFolder _folder = new ModelFolder().With("good/1", Three);
    private readonly TemporaryFolder _cache = new();

    [CrashingFact]
    public async Task AModelThatMakesOnnxRuntimeCrashIsToldAndTheOthersServe()
    {
        _folder.With("crashing/1", CostlyModels.Crashing(), IsLogits);
        using var service = await StartAsync();

        Assert.Contains("with signal SIGFPE, and would have ended the service", await ReasonAsync(service), Ordinal);
        Assert.Equal(200, await ClassifyAsync(service));
        var samples = MetricsText.Parse(await service.Client.GetStringAsync("/metrics"));
        Assert.Equal(
            (1, 1, 0, 0, 2),
            (
                Probes("passed"), Probes("ended"), Probes("rejected"), Probes("not_started"),
                samples.Sum("softmax_models_probe_duration_seconds_count")));

        // The same in place of a model that serves.
        _folder.With("good/1", CostlyModels.Crashing(), IsLogits);
        await UntilAsync(async () => (await FailuresAsync(service)).Length == 2);
        Assert.Contains(
            await FailuresAsync(service),
            reason => reason.EndsWith("the older content keeps serving", Ordinal));
        Assert.Equal(200, await ClassifyAsync(service));
        Assert.False(service.HasExited);

        double? Probes(string outcome) => samples.Sum("softmax_models_probes_total", ("outcome", outcome));
    }

    [LinuxFact]
    public async Task AProbeIsLimitedAndSharesNeitherSocketsNorSignals()
    {
        using var service = await StartAsync("--Models:LoadSeconds=10", "--Models:ProbeMaxBytes=1073741824");
        _folder.With("boxes/1", CostlyModels.ComparingBoxes(400_000), IsLogits);
        await UntilAsync(() => Task.FromResult(service.Children() is [var child, ..] && IsLimited(child)));
        var probe = service.Children()[0];

        var limits = await File.ReadAllTextAsync($"/proc/{probe}/limits");
        Assert.Matches("Max data size +1073741824 +1073741824 ", limits);
        Assert.Matches("Max core file size +0 +0 ", limits);
        Assert.NotEmpty(Sockets(service.Id));
        Assert.Empty(Sockets(service.Id).Intersect(Sockets(probe)));
        foreach (var signal in new[] { "TERM", "HUP", "INT", "QUIT" })
        {
            using var kill = Process.Start("kill", [$"-{signal}", $"{probe}"]);
            await kill.WaitForExitAsync();
        }

        await UntilAsync(async () => (await FailuresAsync(service)).Length > 0);
        Assert.Equal("it was not ready to serve within 10 s", await ReasonAsync(service));
    }

    [Fact]
    public async Task AModelWhoseLoadDoesNotEndLeavesNothingBehind()
    {
        _folder.With("boxes/1", CostlyModels.ComparingBoxes(400_000), IsLogits);
        using var service = await StartAsync("--Models:LoadSeconds=10");

        // The node does not notice that it is to end, so this process would have had to leave it alone.
        Assert.Equal("it was not ready to serve within 10 s", await ReasonAsync(service));
        Assert.Contains(
            "softmax_models_abandoned_loads 0", await service.Client.GetStringAsync("/metrics"), Ordinal);
        Assert.Empty(service.Children());
        Assert.Equal(200, await ClassifyAsync(service));
    }

    [LinuxFact]
    public async Task AModelThatNeedsMoreMemoryThanAProbeMayHaveIsRejected()
    {
        _folder.With("huge/1", CostlyModels.Filled(1L << 29), IsLogits); // 2 GiB
        using var service = await StartAsync("--Models:ProbeMaxBytes=536870912");

        Assert.Contains("512 MiB", await ReasonAsync(service), Ordinal);
        Assert.Equal(200, await ClassifyAsync(service));
    }

    [Fact]
    public async Task AModelThatHasPassedIsNotProbedAgain()
    {
        _folder.With("other/1", SmallModels.EndingIn("Softmax", "batch", 1, 4, 4));
        using (var first = await StartAsync())
        {
            Assert.Equal(["good/1", "other/1"], Probed(first));
        }

        // Its name does not matter, its content does.
        _folder.With("renamed/1", Three).With("other/1", SmallModels.EndingIn("LogSoftmax", "batch", 1, 4, 4));
        using var second = await StartAsync();

        Assert.Equal(["other/1"], Probed(second));
        Assert.Equal(200, await ClassifyAsync(second, "renamed"));
        Assert.Empty(await FailuresAsync(second));

        // Another manifest may ask for another run.
        _folder.With("good/1", Three, IsLogits);
        await UntilAsync(() => Task.FromResult(Probed(second).Contains("good/1")));
    }

    [Fact]
    public async Task WithoutAFolderForTheCacheModelsAreProbedAtEachStart()
    {
        var file = _cache.Write("file", "not a folder");
        for (var start = 0; start < 2; start++)
        {
            using var service = await StartAsync($"--Models:ProbeCache={file}", "--Serilog:MinimumLevel:Default=Debug");

            Assert.Equal(["good/1"], Probed(service));
            Assert.Equal(200, await ClassifyAsync(service));
            Assert.Single(service.Output.Split("cannot be kept, so").Skip(1));
        }
    }

    [Fact]
    public async Task TheModelsThatShipAreNotProbed()
    {
        using var service = await ServiceProcess.StartReadyAsync(
            ServiceProcess.Built, $"--Models:ProbeCache={_cache.Path}");

        Assert.Empty(Probed(service));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_cache.Path));
        Assert.Equal(200, (int)(await service.Client.GetAsync("/models/cifar10/1")).StatusCode);
    }

    [Fact]
    public async Task ProbesCanBeSwitchedOff()
    {
        using var service = await StartAsync("--Models:Probe=false");

        Assert.Empty(Probed(service));
        Assert.Equal(200, await ClassifyAsync(service));
    }

    [LinuxFact]
    public async Task AProbeEndsWithTheService()
    {
        _folder.With("boxes/1", CostlyModels.ComparingBoxes(400_000), IsLogits);
        using var service = ServiceProcess.Start(ServiceProcess.Built, Settings());
        await UntilAsync(() => Task.FromResult(service.Children().Length > 0));
        var probe = service.Children()[0];
        await UntilAsync(() => Task.FromResult(IsLimited(probe)));
        var environment = await File.ReadAllTextAsync($"/proc/{probe}/environ");
        var temporary = environment.Split('\0').Single(line => line.StartsWith("TMPDIR=", Ordinal))["TMPDIR=".Length..];
        Assert.True(Directory.Exists(temporary));

        await service.SignalAsync("KILL");

        await UntilAsync(() => Task.FromResult(IsGone(probe)));
        Assert.False(Directory.Exists(temporary));
    }

    [LinuxFact]
    public async Task ModelsThatAreKnownDoNotWaitForProbesAndDeletedOrUnloadedOnesEndTheirs()
    {
        foreach (var name in new[] { "boxes", "more-boxes", "still-more-boxes" })
        {
            _folder.With($"{name}/1", CostlyModels.ComparingBoxes(400_000), IsLogits);
        }

        Directory.Delete(Path.Combine(_folder.Path, "good"), recursive: true);
        Ship("known");
        using var service = ServiceProcess.Start(
            ServiceProcess.Built,
            [.. Settings(), "--Models:StartSeconds=0", "--Models:LoadSeconds=600", "--Models:AllowLoadUnload=true"]);
        await UntilAsync(async () => IsListening(service) && await StatusAsync("/models/known") == 200);
        await UntilAsync(() => Task.FromResult(service.Children().Length > 0));

        // Those that come while the service runs, or are asked for.
        Ship("later");
        await UntilAsync(async () => await StatusAsync("/models/later") == 200);
        using var load = await service.Client.PostAsync("/v2/repository/models/known/load", null);
        Assert.Equal(200, (int)load.StatusCode);
        Assert.Equal(503, await StatusAsync("/models/boxes"));
        Assert.Equal(503, await StatusAsync("/health/ready"));

        using var unload = await service.Client.PostAsync("/v2/repository/models/boxes/unload", null);
        Assert.Equal(200, (int)unload.StatusCode);
        Directory.Delete(Path.Combine(_folder.Path, "more-boxes"), recursive: true);
        Directory.Delete(Path.Combine(_folder.Path, "still-more-boxes"), recursive: true);
        await UntilAsync(async () => service.Children() is [] && await StatusAsync("/health/ready") == 200);
        await UntilAsync(async () => await FailuresAsync(service) is []); // none once the deletion has settled
        Assert.Empty(Probed(service));

        async Task<int> StatusAsync(string path)
        {
            using var answer = await service.Client.GetAsync(path);
            return (int)answer.StatusCode;
        }
    }

    [LinuxFact]
    public async Task ClosingTheServiceEndsAProbe()
    {
        _folder.With("boxes/1", CostlyModels.ComparingBoxes(400_000), IsLogits);
        using var service = ServiceProcess.Start(
            ServiceProcess.Built, [.. Settings(), "--Models:StartSeconds=0", "--Shutdown:GraceSeconds=0"]);
        await UntilAsync(() => Task.FromResult(service.Children().Length > 0 && IsListening(service)));
        var probe = service.Children()[0];

        await service.TerminateAsync();

        Assert.Equal(0, await service.ExitCodeAsync());
        Assert.True(IsGone(probe));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _cache.Dispose();
    }

    private static bool IsListening(ServiceProcess service) =>
        service.Output.Contains("Now listening on", Ordinal);

    /// <summary>Whether a process has ended, even if its parent has not noticed yet.</summary>
    private static bool IsGone(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Whether a probe has set its limits, this one last.</summary>
    private static bool IsLimited(int probe) => File.ReadAllText($"/proc/{probe}/oom_score_adj") == "1000\n";

    private static string[] Sockets(int process) =>
    [
        .. from file in new DirectoryInfo($"/proc/{process}/fd").EnumerateFiles()
           let target = file.LinkTarget
           where target?.StartsWith("socket:", Ordinal) == true
           select target,
    ];

    /// <summary>The versions that were probed, from the log.</summary>
    private static string[] Probed(ServiceProcess service) =>
    [
        .. from line in service.Output.Split('\n')
           where line.Contains(" was probed in a process of its own", Ordinal)
           select line.Split("Model ")[1].Split(' ')[0] into version
           orderby version
           select version,
    ];

    private static async Task<int> ClassifyAsync(ServiceProcess service, string model = "good")
    {
        using var image = new ByteArrayContent(Black)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
        };
        using var answer = await service.Client.PostAsync($"/classify?model={model}", image);
        return (int)answer.StatusCode;
    }

    private static async Task<string> ReasonAsync(ServiceProcess service) =>
        Assert.Single(await FailuresAsync(service));

    private static async Task<string[]> FailuresAsync(ServiceProcess service)
    {
        using var models = JsonDocument.Parse(await service.Client.GetStringAsync("/models"));
        return [.. models.RootElement.GetProperty("failures").EnumerateArray()
            .Select(failure => failure.GetProperty("reason").GetString()!)]; // every failure has a reason
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var clock = Stopwatch.StartNew(); !await condition(); await Task.Delay(50))
        {
            Assert.True(clock.Elapsed < Patience, "It took too long.");
        }
    }

    /// <summary>Puts a model that ships into the folder, byte for byte.</summary>
    private void Ship(string name)
    {
        var shipped = Repository.PathOf("models/mnist/1");
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, name, "1")).FullName;
        foreach (var file in new[] { "model.json", "model.onnx" })
        {
            File.Copy(Path.Combine(shipped, file), Path.Combine(folder, file));
        }
    }

    private Task<ServiceProcess> StartAsync(params string[] settings) =>
        ServiceProcess.StartReadyAsync(ServiceProcess.Built, [.. Settings(), .. settings]);

    private string[] Settings() =>
    [
        $"--Models:Folder={_folder.Path}",
        $"--Models:ProbeCache={_cache.Path}",
        "--Models:SettleSeconds=0.2",
        "--Models:PollSeconds=0.5",
        "--Models:StartSeconds=60",
    ];
}

/// <summary>A test of what only Linux has: limits of memory, and /proc.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "It needs Linux.";
}

/// <inheritdoc cref="LinuxFactAttribute"/>
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = OperatingSystem.IsLinux() ? null : "It needs Linux.";
}

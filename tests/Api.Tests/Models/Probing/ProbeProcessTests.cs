using System.Diagnostics;
using SoftmaxService.Api.Models.Probing;
using SoftmaxService.Api.Processes;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Tests.Models.Probing;

/// <summary>Processes that behave as a probe's may when a model has its way with it: here shells.</summary>
public sealed class ProbeProcessTests
{
    private const string Begun = """echo '{"Kind":"Begun"}'""";
    private const string Passed = """echo '{"Kind":"Judged"}'""";

    private static readonly ProbeRequest Request = new("/nowhere", "a", "1", 0.5, 256 << 20, 1, 8);

    [LinuxFact]
    public async Task AVerdictCountsWhateverTheProcessDoesAfterwards()
    {
        Assert.Equal(new ProbeOutcome(ProbeResult.Passed), await RunAsync($"{Begun}; {Passed}; kill -SEGV $$"));
        Assert.Equal(new ProbeOutcome(ProbeResult.Passed), await RunAsync($"{Begun}; {Passed}; exec sleep 1000"));
        Assert.Equal(
            new ProbeOutcome(ProbeResult.Rejected, "it is \"bad\""),
            await RunAsync($$"""{{Begun}}; echo noise; echo '{"Kind":"Judged","Fault":"it is \"bad\""}'"""));
    }

    [LinuxFact]
    public async Task AnEndWithoutAVerdictIsTheModelsFault()
    {
        Assert.Contains("signal SIGSEGV", await FaultAsync($"{Begun}; kill -SEGV $$"), StringComparison.Ordinal);
        Assert.Contains("signal SIGKILL", await FaultAsync($"{Begun}; kill -KILL $$"), StringComparison.Ordinal);
        Assert.Contains("exit code 3", await FaultAsync($"{Begun}; exit 3"), StringComparison.Ordinal);
        Assert.Contains("exit code 0", await FaultAsync(Begun), StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task AProcessThatGivesNoVerdictIsEnded()
    {
        var clock = Stopwatch.StartNew();

        Assert.Contains("within 0.5 s", await FaultAsync($"{Begun}; exec sleep 1000"), StringComparison.Ordinal);
        Assert.Contains("within 0.5 s", await FaultAsync($"{Begun}; exec yes"), StringComparison.Ordinal);
        Assert.Contains(
            "within 0.5 s", await FaultAsync($"{Begun}; exec >&-; exec sleep 1000"), StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 3, 30);
    }

    [LinuxFact]
    public async Task AProcessThatDoesNotBeginSaysNothingOfTheModel()
    {
        var outcome = await RunAsync("echo no runtime here >&2; exit 131");

        Assert.Equal(ProbeResult.NotStarted, outcome.Result);
        Assert.Contains("no runtime here", outcome.Fault, StringComparison.Ordinal);

        var missing = new ProbeProcess(new ChildProgram("/nowhere/dotnet", []));
        Assert.Equal(ProbeResult.NotStarted, (await missing.RunAsync(Request, CancellationToken.None)).Result);

        outcome = await RunAsync("exec sleep 1000");
        Assert.Equal(ProbeResult.NotStarted, outcome.Result);
        Assert.Contains("its time was up", outcome.Fault, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task TemporaryFilesOfAProbeAreDeletedWithIt()
    {
        using var folder = new TemporaryFolder();
        var name = folder.PathOf("name");

        await RunAsync($"{Begun}; mkdir $TMPDIR/copy; echo x > $TMPDIR/copy/data; echo $TMPDIR > {name}; kill -9 $$");

        var temporary = File.ReadAllText(name).Trim();
        Assert.Contains("softmax-probe-", temporary, StringComparison.Ordinal);
        Assert.False(Directory.Exists(temporary));
    }

    [LinuxFact]
    public async Task ACancelledProbeEndsItsProcess()
    {
        using var folder = new TemporaryFolder();
        var pid = folder.PathOf("pid");
        using var end = new CancellationTokenSource();
        var run = ProcessOf($"echo $$ > {pid}.new; mv {pid}.new {pid}; {Begun}; exec sleep 1000").RunAsync(
            Request with { LoadSeconds = 600 }, end.Token);
        while (!File.Exists(pid))
        {
            await Task.Delay(10);
        }

        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.False(Directory.Exists($"/proc/{File.ReadAllText(pid).Trim()}"));
    }

    [Fact]
    public void TheProgramIsTheExecutableOrTheAssemblyThatDotnetRuns()
    {
        var folder = AppContext.BaseDirectory;
        var assembly = Path.Combine(folder, "SoftmaxService.Api.dll");

        Assert.Equal([assembly], ChildProgram.Of("/usr/bin/dotnet", folder)!.Arguments);
        Assert.Empty(ChildProgram.Of("/app/SoftmaxService.Api", "/app")!.Arguments);
        Assert.Null(ChildProgram.Of("/usr/bin/dotnet", "/nowhere"));
        Assert.Null(ChildProgram.Find()); // the tests' own process hosts the service
    }

    [Theory]
    [InlineData(192, 100, 115, 1, 1, 156)] // in a container of 256 MiB
    [InlineData(384, 125, 231, 1, 1, 384)]
    [InlineData(384, 250, 231, 1, 1, 262)]
    [InlineData(768, 125, 461, 2, 1, 384)]
    [InlineData(1536, 125, 922, 2, 1, 489)]
    [InlineData(3072, 128, 1844, 2, 2, 550)]
    [InlineData(3072, 128, 1844, 1, 1, 1100)]
    [InlineData(98_304, 8192, 24_576, 16, 2, 32_768)]
    [InlineData(192, 250, 0, 2, 1, 128)]
    public void ProbesShareTheMemoryThatNobodyElseMayTake(
        int total, int used, int promised, int cores, int places, int each)
    {
        var memory = new ProbeMemory((long)total << 20, (long)used << 20, (long)promised << 20);

        Assert.Equal(places, ProbeMemory.PlacesIn(memory, cores));
        Assert.Equal((long)each << 20, ProbeMemory.BytesIn(memory, places));
    }

    [Fact]
    public async Task MemoryThatRequestsMayStillTakeIsNotFree()
    {
        var budgets = new[] { new ByteBudget(1000), new ByteBudget(500) };
        using var reserved = await budgets[0].ReserveAsync(300, CancellationToken.None);

        Assert.Equal(1200, ProbeMemory.Of(budgets).Promised);
    }

    private static async Task<string> FaultAsync(string script)
    {
        var outcome = await RunAsync(script);
        Assert.Equal(ProbeResult.Ended, outcome.Result);
        return outcome.Fault!; // asserted on by the caller
    }

    private static Task<ProbeOutcome> RunAsync(string script) =>
        ProcessOf(script).RunAsync(Request, CancellationToken.None);

    private static ProbeProcess ProcessOf(string script) =>
        new(new ChildProgram("/bin/sh", ["-c", script])) { Margin = TimeSpan.FromSeconds(0.5) };
}

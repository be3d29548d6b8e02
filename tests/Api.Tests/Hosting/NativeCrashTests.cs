using System.Diagnostics;

namespace SoftmaxService.Api.Tests.Hosting;

public sealed class NativeCrashTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ACrashInNativeCodeEndsTheProcessAndTheLogTellsWhatCameBefore()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built);
        using var image = new ByteArrayContent(RunningService.Seven);
        using var answer = await service.Client.PostAsync("/classify?model=mnist", image);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && !HasLogged(service); await Task.Delay(10))
        {
            // The log is written by a thread of its own, a tenth of a second later at most.
        }

        await service.SignalAsync("SEGV"); // as a library does that reads where it may not

        Assert.NotEqual(0, await service.ExitCodeAsync());
        Assert.True(HasLogged(service), service.Output);
    }

    private static bool HasLogged(ServiceProcess service) => service.Output.Contains("POST /classify answered 200", StringComparison.Ordinal);
}

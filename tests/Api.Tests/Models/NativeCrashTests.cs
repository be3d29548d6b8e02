using System.Diagnostics;
using System.Net.Http.Headers;

namespace SoftmaxService.Api.Tests.Models;

public sealed class NativeCrashTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ACrashInNativeCodeEndsTheProcessAfterTheLogIsWritten()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built);
        using var image = new ByteArrayContent(RunningService.Seven)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
        };
        using var answer = await service.Client.PostAsync("/classify?model=mnist", image);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && !HasLogged(service); await Task.Delay(10))
        {
            // A background thread writes the log, at most a tenth of a second later.
        }

        // An invalid read in a library raises the signal twice: the runtime's handler restores the system's handler,
        // and the same instruction fails again.
        await service.SignalAsync("SEGV");
        await service.SignalAsync("SEGV");

        Assert.NotEqual(0, await service.ExitCodeAsync());
        Assert.True(HasLogged(service), service.Output);
    }

    private static bool HasLogged(ServiceProcess service) =>
        service.Output.Contains("POST /classify answered 200", StringComparison.Ordinal);
}

using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Ends the service without losing a request. On SIGTERM it first says that it is not ready and answers on, until load
/// balancers have seen that; then it refuses what is new, finishes what it has, and ends. Ctrl-C finishes what it has
/// and ends; a second signal of either kind waits for nothing.
/// </summary>
internal sealed partial class DrainingLifetime(
    IHostApplicationLifetime application,
    Workload workload,
    ShutdownOptions options,
    IOptions<HostOptions> host,
    TimeProvider time,
    ILogger<DrainingLifetime> log)
    : IHostLifetime, IDisposable
{
    // What is left for closing connections when nothing is worked on any more.
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _hurry = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _signalCount;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        // The host gives up on what is not finished by then.
        host.Value.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds) + ClosingTime;
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, Hear));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _hurry.Dispose();
    }

    private void Hear(PosixSignalContext context)
    {
        if (!application.ApplicationStarted.IsCancellationRequested)
        {
            return; // nothing is served yet, and the runtime may end the process
        }

        context.Cancel = true; // the runtime would end the process
        if (Interlocked.Increment(ref _signalCount) > 1)
        {
            if (application.ApplicationStopping.IsCancellationRequested)
            {
                Environment.Exit(0); // the host waits by itself now
            }

            _hurry.Cancel();
        }
        else if (context.Signal == PosixSignal.SIGTERM)
        {
            _ = DrainAsync();
        }
        else
        {
            application.StopApplication();
        }
    }

    private async Task DrainAsync()
    {
        Leaving(log, options.GraceSeconds);
        workload.Leave();
        await Task.Delay(
            TimeSpan.FromSeconds(options.GraceSeconds),
            time,
            _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        workload.Close();
        Closed(log, workload.InFlight);
        await workload.WhenIdleAsync(TimeSpan.FromSeconds(options.DrainSeconds), _hurry.Token);

        host.Value.ShutdownTimeout = _hurry.IsCancellationRequested ? TimeSpan.Zero : ClosingTime;
        application.StopApplication();
    }

    [LoggerMessage(
        LogLevel.Information,
        "Asked to end: not ready from now on, and answering for {GraceSeconds} s more (setting Shutdown:GraceSeconds)")]
    private static partial void Leaving(ILogger log, double graceSeconds);

    [LoggerMessage(LogLevel.Information, "Taking nothing new; requests that are still being answered: {InFlight}")]
    private static partial void Closed(ILogger log, int inFlight);
}

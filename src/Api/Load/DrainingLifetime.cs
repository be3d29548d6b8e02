using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Shuts the service down without losing a request. On SIGTERM or SIGHUP it reports that it is not ready and keeps
/// answering until load balancers have noticed; then it rejects new work, finishes what is in flight and ends. Ctrl-C
/// skips the wait for load balancers. A second signal of any kind skips all waiting.
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
    // For closing connections once no request is in flight.
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    // SIGHUP comes when the terminal or the session of a service's user closes.
    private static readonly PosixSignal[] Signals =
        [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

    private readonly CancellationTokenSource _secondSignal = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _signalCount;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        // The host gives up on what is not finished by then.
        host.Value.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds) + ClosingTime;
        foreach (var signal in Signals)
        {
            _signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _secondSignal.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (!application.ApplicationStarted.IsCancellationRequested)
        {
            return; // nothing is served yet: the runtime may end the process
        }

        context.Cancel = true; // the runtime would end the process
        if (Interlocked.Increment(ref _signalCount) > 1)
        {
            if (application.ApplicationStopping.IsCancellationRequested)
            {
                Environment.Exit(0); // the host is already waiting, and takes no token
            }

            _secondSignal.Cancel();
        }
        else if (context.Signal is PosixSignal.SIGTERM or PosixSignal.SIGHUP)
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
        GraceBegins(log, options.GraceSeconds);
        workload.BeginGrace();
        await Task.Delay(
            TimeSpan.FromSeconds(options.GraceSeconds),
            time,
            _secondSignal.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        workload.BeginDrain();
        DrainBegins(log, workload.InFlight);
        await workload.WhenIdleAsync(TimeSpan.FromSeconds(options.DrainSeconds), _secondSignal.Token);

        // Whoever has not sent the request by now, or has not read the answer, has no more time.
        var unfinished = workload.InFlight;
        if (unfinished > 0)
        {
            Ending(log, unfinished);
        }

        host.Value.ShutdownTimeout =
            unfinished > 0 || _secondSignal.IsCancellationRequested ? TimeSpan.Zero : ClosingTime;
        application.StopApplication();
    }

    [LoggerMessage(
        LogLevel.Information,
        "Shutting down: reporting not ready, and accepting requests for {GraceSeconds} s more "
        + "(setting Shutdown:GraceSeconds)")]
    private static partial void GraceBegins(ILogger log, double graceSeconds);

    [LoggerMessage(LogLevel.Information, "Rejecting new requests; still in flight: {InFlight}")]
    private static partial void DrainBegins(ILogger log, int inFlight);

    [LoggerMessage(
        LogLevel.Warning,
        "Closing the connections of requests that are still in flight: {InFlight} (setting Shutdown:DrainSeconds)")]
    private static partial void Ending(ILogger log, int inFlight);
}

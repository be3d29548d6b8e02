using System.Diagnostics;
using SoftmaxService.HttpBenchmarks;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>Three replicas of the service. Each keeps its port across restarts.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    private const int Count = 3;
    private readonly ServiceProcess[] _services;

    private Replicas(ServiceProcess[] services) => _services = services;

    public IReadOnlyList<Uri> Addresses => [.. _services.Select(service => service.Address)];

    public static async Task<Replicas> StartAsync() =>
        new(
            await Task.WhenAll(
                Enumerable.Range(0, Count).Select(_ => ServiceProcess.StartAsync(Setup(ServerProcess.FreePort())))));

    /// <summary>
    /// Signals a replica, waits until it exits, and starts it again. Returns the exit code and the seconds until the
    /// exit.
    /// </summary>
    public async Task<(int ExitCode, double Seconds)> RestartAsync(int index, string signal)
    {
        var (replica, clock) = (_services[index], Stopwatch.StartNew());
        await replica.SignalAsync(signal);
        var exitCode = await replica.WaitForExitAsync();
        var seconds = clock.Elapsed.TotalSeconds;
        _services[index] = await ServiceProcess.StartAsync(Setup(replica.Address.Port));
        return (exitCode, seconds);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }
    }

    private static ServiceSetup Setup(int port) => new() { Port = port };
}

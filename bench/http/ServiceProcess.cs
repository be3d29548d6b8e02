using System.Globalization;
using System.Text.Json;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>The resources of a process at one moment.</summary>
internal sealed record ProcessResources(double Megabytes, int Threads, int Handles);

/// <summary>Options for starting a service.</summary>
internal sealed record ServiceSetup
{
    /// <summary>The processors that it is confined to, as <c>taskset -c</c> takes them; null for all.</summary>
    public string? Processors { get; init; }

    /// <summary>Settings of the command line, <c>--Section:Name=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A native binary of the service; null for the framework-dependent build.</summary>
    public string? Binary { get; init; }

    /// <summary>Whether its log is shown where it is read.</summary>
    public bool ShowsLog { get; init; } = true;

    /// <summary>A command that becomes the one that follows it; empty for none.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>A file for its log; by default, the log is read here.</summary>
    public string? OutputFile { get; init; }

    public int? Port { get; init; }
}

/// <summary>
/// The service for the batching race and the trials. Its request log is off, so that only warnings and errors are left
/// to read.
/// </summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private readonly ServerProcess _server;
    private readonly bool _showsLog;

    private ServiceProcess(ServiceSetup setup)
    {
        _showsLog = setup.ShowsLog;
        _server = ServerProcess.Start(
            [
                .. setup.Launcher,
                .. setup.Binary is { } binary ? [binary] : (string[])["dotnet", Checkout.Service],
                "--Grpc:Url=",
                "--Serilog:MinimumLevel:Default=Warning",
                .. setup.Settings,
            ],
            setup.Processors,
            setup.Environment,
            setup.OutputFile,
            ReadLog,
            setup.Port);
    }

    public Uri Address => _server.Address;

    /// <summary>The number of errors that it has logged.</summary>
    public int LoggedErrors { get; private set; }

    /// <summary>The number of answers of 500 in its log.</summary>
    public int LoggedFaults { get; private set; }

    /// <summary>User and system time so far.</summary>
    public TimeSpan CpuTime => _server.CpuTime;

    /// <inheritdoc cref="ServerProcess.CpuTimeWithChildren"/>
    public TimeSpan CpuTimeWithChildren => _server.CpuTimeWithChildren;

    /// <summary>The resident memory of each process that it has started and that runs.</summary>
    public IReadOnlyList<double> ChildrenMegabytes => _server.ChildrenMegabytes;

    public ProcessResources Resources => new(_server.ResidentMegabytes, _server.Threads, _server.Handles);

    /// <inheritdoc cref="ServerProcess.PeakMegabytes"/>
    public double PeakMegabytes => _server.PeakMegabytes;

    public bool HasExited => _server.HasExited;

    /// <param name="processor">The processor that it is confined to, from 0; null for all.</param>
    /// <param name="settings">Settings of the command line, <c>--Section:Name=value</c>.</param>
    public static Task<ServiceProcess> StartAsync(int? processor, params string[] settings) =>
        StartAsync(
            new ServiceSetup { Processors = processor?.ToString(CultureInfo.InvariantCulture), Settings = settings });

    public static async Task<ServiceProcess> StartAsync(ServiceSetup setup)
    {
        var service = new ServiceProcess(setup);
        await service._server.WaitUntilAsync(async client =>
        {
            using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        });
        return service;
    }

    public void ForgetPeak() => _server.ForgetPeak();

    public Task SignalAsync(string signal) => _server.SignalAsync(signal);

    public Task<int> WaitForExitAsync() => _server.WaitForExitAsync();

    /// <summary>The status and body of a GET.</summary>
    public async Task<(int Status, string Body)> GetAsync(string path)
    {
        using var answer = await _server.Client.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A model's number of answered images, of runs, and of images that are queued or running now.</summary>
    public async Task<(long Images, long Runs, long Pending)> BatchingOfAsync(string model)
    {
        using var description = JsonDocument.Parse(
            await _server.Client.GetStringAsync(new Uri($"/models/{model}", UriKind.Relative)));
        var batching = description.RootElement.GetProperty("batching");
        return (
            batching.GetProperty("images").GetInt64(),
            batching.GetProperty("runs").GetInt64(),
            batching.GetProperty("pending").GetInt64());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void ReadLog(string? line)
    {
        if (line is { Length: > 0 })
        {
            if (_showsLog)
            {
                Console.Error.WriteLine(line);
            }

            LoggedFaults += line.Contains(" answered 500 ", StringComparison.Ordinal) ? 1 : 0;
            LoggedErrors +=
                line.Contains(" ERR ", StringComparison.Ordinal) || line.Contains(" FTL ", StringComparison.Ordinal)
                    ? 1
                    : 0;
        }
    }
}

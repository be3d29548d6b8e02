using System.Globalization;
using System.Text.Json;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>What a process holds at a moment.</summary>
internal sealed record ProcessResources(double Megabytes, int Threads, int Handles);

/// <summary>The service for the batching race and the trials: without request log, which leaves its warnings and errors to be read.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private readonly ServerProcess _server;

    private ServiceProcess(int? processor, string[] settings) => _server = ServerProcess.Start(
        ["dotnet", Checkout.Service, "--Grpc:Url=", "--Serilog:MinimumLevel:Default=Warning", .. settings],
        processor?.ToString(CultureInfo.InvariantCulture),
        environment: [],
        outputFile: null,
        ReadLog);

    public Uri Address => _server.Address;

    /// <summary>How many errors it has logged.</summary>
    public int LoggedErrors { get; private set; }

    /// <summary>User and system time so far.</summary>
    public TimeSpan CpuTime => _server.CpuTime;

    public ProcessResources Resources => new(_server.ResidentMegabytes, _server.Threads, _server.Handles);

    public int Id => _server.Id;

    public bool HasExited => _server.HasExited;

    public int ExitCode => _server.ExitCode;

    /// <param name="processor">The processor that it is confined to, from 0; null for all.</param>
    /// <param name="settings">Settings as on the command line, <c>--Section:Name=value</c>.</param>
    public static async Task<ServiceProcess> StartAsync(int? processor, params string[] settings)
    {
        var service = new ServiceProcess(processor, settings);
        await service._server.WaitUntilAsync(async client =>
        {
            using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        });
        return service;
    }

    /// <summary>How many images a model has answered, in how many runs, and how many wait or run now.</summary>
    public async Task<(long Images, long Runs, long Pending)> BatchingOfAsync(string model)
    {
        using var description = JsonDocument.Parse(await _server.Client.GetStringAsync(new Uri($"/models/{model}", UriKind.Relative)));
        var batching = description.RootElement.GetProperty("batching");
        return (batching.GetProperty("images").GetInt64(), batching.GetProperty("runs").GetInt64(), batching.GetProperty("pending").GetInt64());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void ReadLog(string? line)
    {
        if (line is { Length: > 0 })
        {
            Console.Error.WriteLine(line);
            LoggedErrors += line.Contains(" ERR ", StringComparison.Ordinal) || line.Contains(" FTL ", StringComparison.Ordinal) ? 1 : 0;
        }
    }
}

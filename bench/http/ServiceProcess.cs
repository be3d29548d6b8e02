using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>The service in a process of its own, on a free port of the loopback, until it is disposed.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ServiceProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
        Client = new HttpClient { BaseAddress = address };
    }

    public Uri Address { get; }

    /// <summary>How many errors it has logged.</summary>
    public int LoggedErrors { get; private set; }

    public HttpClient Client { get; }

    /// <summary>User and system time so far.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public double ResidentMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    /// <param name="processor">The processor that it is confined to, from 0; null for all.</param>
    /// <param name="settings">Settings as on the command line, <c>--Section:Name=value</c>.</param>
    public static async Task<ServiceProcess> StartAsync(int? processor, params string[] settings)
    {
        var program = Environment.GetEnvironmentVariable("BENCH_SERVICE") ?? throw new InvalidOperationException("Start this by bench/http/run, which builds the service and says where it is.");
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        string[] command = [.. processor is { } one ? ["taskset", "-c", one.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(), "dotnet", program];
        var start = new ProcessStartInfo(command[0], [.. command[1..], $"--Urls={address}", "--Grpc:Url=", "--Serilog:MinimumLevel:Default=Warning", .. settings])
        {
            RedirectStandardOutput = true,
        };
        var service = new ServiceProcess(Process.Start(start)!, address); // null only with UseShellExecute
        service._process.OutputDataReceived += (_, line) => service.ReadLog(line.Data);
        service._process.BeginOutputReadLine();
        await service.WaitUntilReadyAsync();
        return service;
    }

    /// <summary>How many images a model has answered, in how many runs, and how many wait or run now.</summary>
    public async Task<(long Images, long Runs, long Pending)> BatchingOfAsync(string model)
    {
        using var description = JsonDocument.Parse(await Client.GetStringAsync(new Uri($"/models/{model}", UriKind.Relative)));
        var batching = description.RootElement.GetProperty("batching");
        return (batching.GetProperty("images").GetInt64(), batching.GetProperty("runs").GetInt64(), batching.GetProperty("pending").GetInt64());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void ReadLog(string? line)
    {
        if (line is { Length: > 0 })
        {
            Console.Error.WriteLine(line);
            LoggedErrors += line.Contains(" ERR ", StringComparison.Ordinal) ? 1 : 0;
        }
    }

    private async Task WaitUntilReadyAsync()
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < StartLimit && !_process.HasExited;)
        {
            try
            {
                using var answer = await Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException("The service did not get ready.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests;

/// <summary>The service in a separate process.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private bool _isDisposed;

    private ServiceProcess(string program, string[] settings)
    {
        var address = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        GrpcAddress = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        var start = new ProcessStartInfo(program, [$"--Urls={address}", $"--Grpc:Url={GrpcAddress}", .. settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";

        // Tests leave the user's own caches alone.
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(AppContext.BaseDirectory, "caches");
        Client = new HttpClient { BaseAddress = new Uri(address) };
        _process = Process.Start(start)!; // null only with UseShellExecute
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The service as it was built for these tests.</summary>
    public static string Built { get; } =
        Path.Combine(
            AppContext.BaseDirectory,
            OperatingSystem.IsWindows() ? "SoftmaxService.Api.exe" : "SoftmaxService.Api");

    public HttpClient Client { get; }

    public string GrpcAddress { get; }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static ServiceProcess Start(string program, params string[] settings) => new(program, settings);

    public static async Task<ServiceProcess> StartReadyAsync(string program, params string[] settings)
    {
        var process = new ServiceProcess(program, settings);
        for (
            var clock = Stopwatch.StartNew();
            clock.Elapsed < Patience && !process._process.HasExited;
            await Task.Delay(10))
        {
            try
            {
                using var answer = await process.Client.GetAsync("/health/ready");
                if (answer.IsSuccessStatusCode)
                {
                    return process;
                }
            }
            catch (HttpRequestException)
            {
                // The service does not listen yet.
            }
        }

        using (process)
        {
            throw new InvalidOperationException($"The service did not become ready:\n{process.Output}");
        }
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>How much of its memory is in RAM.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The processes that it has started and that run, on Linux; none elsewhere.</summary>
    public int[] Children() =>
    [
        .. from folder in OperatingSystem.IsLinux() ? Directory.GetDirectories("/proc") : []
           where int.TryParse(Path.GetFileName(folder), out _) && ParentOf(folder) == _process.Id
           select int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture),
    ];

    /// <summary>Terminates it, as systemd and Kubernetes do.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>Sends a signal, named without SIG.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async Task<int> ExitCodeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        Client.Dispose();
    }

    /// <summary>The parent of a process, from its folder in /proc; null if it has ended.</summary>
    private static int? ParentOf(string folder)
    {
        try
        {
            // The name, in parentheses, may hold anything; then come the state and the parent.
            var status = File.ReadAllText(Path.Combine(folder, "stat"));
            var fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}

using System.Diagnostics;
using System.Text;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Published;

/// <summary>The published binary in a process of its own, with the models beside it, asked as the service in this process is.</summary>
public sealed class PublishedService : RunningService
{
    private readonly Lazy<PublishedProcess> _process = new(() => PublishedProcess.StartReadyAsync().GetAwaiter().GetResult());

    public override HttpClient Client => Process.Client;

    public string GrpcAddress => Process.GrpcAddress;

    public string Log => Process.Output;

    private PublishedProcess Process => _process.Value;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && _process.IsValueCreated)
        {
            _process.Value.Dispose(); // once more does nothing: the base class disposes twice
        }
    }
}

internal sealed class PublishedProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private bool _isDisposed;

    private PublishedProcess(string[] settings)
    {
        var address = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        GrpcAddress = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        var start = new ProcessStartInfo(PublishedBinary.Path, [$"--Urls={address}", $"--Grpc:Url={GrpcAddress}", .. settings]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        Client = new HttpClient { BaseAddress = new Uri(address) };
        _process = Process.Start(start)!; // null only with UseShellExecute
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Client { get; }

    public string GrpcAddress { get; }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static PublishedProcess Start(params string[] settings) => new(settings);

    public static async Task<PublishedProcess> StartReadyAsync(params string[] settings)
    {
        var process = new PublishedProcess(settings);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && !process._process.HasExited; await Task.Delay(10))
        {
            try
            {
                using var answer = await process.Client.GetAsync("/health/ready");
                if (answer.IsSuccessStatusCode)
                    return process;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }

        using (process)
            throw new InvalidOperationException($"The published binary did not get ready:\n{process.Output}");
    }

    /// <summary>Asks it to end, as systemd and Kubernetes do.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
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
            return;
        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        Client.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }
}

using System.Diagnostics;
using System.Globalization;
using SoftmaxService.HttpBenchmarks;

namespace SoftmaxService.ReliabilityBenchmarks.Load;

/// <summary>A real HAProxy with the shipped configuration, in front of replicas on this machine.</summary>
internal sealed class HaproxyProcess : IAsyncDisposable
{
    private readonly Process _process;

    private HaproxyProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<HaproxyProcess> StartAsync(IReadOnlyList<Uri> replicas)
    {
        var port = ServerProcess.FreePort();
        var start = new ProcessStartInfo(
            "haproxy",
            ["-db", "-f", Path.Combine(Checkout.Root, "docker", "haproxy", "haproxy.cfg")]);
        start.Environment["SOFTMAX_BIND"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        foreach (var (index, replica) in replicas.Index())
        {
            start.Environment[string.Create(CultureInfo.InvariantCulture, $"SOFTMAX_REPLICA_{index + 1}")] =
                replica.Authority;
        }

        var process = Process.Start(start)!; // null only with UseShellExecute
        var haproxy = new HaproxyProcess(
            process,
            new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
        using var client = new HttpClient { BaseAddress = haproxy.Address };
        for (
            var clock = Stopwatch.StartNew();
            clock.Elapsed < TimeSpan.FromSeconds(30) && !process.HasExited;
            await Task.Delay(100))
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    return haproxy;
                }
            }
            catch (HttpRequestException)
            {
                // HAProxy does not listen yet.
            }
        }

        await haproxy.DisposeAsync();
        throw new InvalidOperationException("HAProxy did not become ready.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>A server in a separate process on a free loopback port. Disposing kills it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on all of Linux

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    // Below the ephemeral ports: an outgoing connection could take one of those at any moment, and a client that keeps
    // trying an ephemeral port of its own machine can connect to itself.
    private static int _nextPort = Random.Shared.Next(12_000, 30_000);

    private readonly Process _process;

    private ServerProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
        Client = new HttpClient { BaseAddress = address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>User and system time of all threads so far.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>
    /// User and system time so far, with that of the processes that it has started, whether they run or have ended.
    /// </summary>
    public TimeSpan CpuTimeWithChildren
    {
        get
        {
            var ended = StatusOf(_process.Id)[13..15].Sum(long.Parse) / (double)TicksPerSecond;
            return CpuTime + TimeSpan.FromSeconds(ended) + Children().Aggregate(
                TimeSpan.Zero, (sum, child) =>
                {
                    using (child)
                    {
                        return sum + child.TotalProcessorTime;
                    }
                });
        }
    }

    /// <summary>The resident memory of each process that it has started and that runs.</summary>
    public IReadOnlyList<double> ChildrenMegabytes => [.. Children().Select(child =>
    {
        using (child)
        {
            return child.WorkingSet64 / 1e6;
        }
    })];

    public double ResidentMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    /// <summary>
    /// The kernel's peak of resident memory since the start or the last <see cref="ForgetPeak"/>.
    /// </summary>
    public double PeakMegabytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{_process.Id}/status")
                .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return double.Parse(
                    line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
                    CultureInfo.InvariantCulture)
                * 1024
                / 1e6;
        }
    }

    public bool HasExited => _process.HasExited;

    public int Threads
    {
        get
        {
            _process.Refresh();
            return _process.Threads.Count;
        }
    }

    public int Handles => Directory.GetFiles($"/proc/{_process.Id}/fd").Length;

    public void ForgetPeak() => File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");

    /// <summary>Sends a signal, such as <c>TERM</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Starts a server without waiting for it.</summary>
    /// <param name="command">Program and arguments; <c>--urls=</c> with its address is appended.</param>
    /// <param name="processors">
    /// The processors that it is confined to, as <c>taskset -c</c> takes them; null for all.
    /// </param>
    /// <param name="environment">Environment variables in addition to ours.</param>
    /// <param name="outputFile">A file for its standard output; null for <paramref name="readLine"/>.</param>
    /// <param name="readLine">Receives each line of standard output.</param>
    /// <param name="port">The port; defaults to a free one.</param>
    public static ServerProcess Start(
        IEnumerable<string> command,
        string? processors,
        IEnumerable<KeyValuePair<string, string>> environment,
        string? outputFile,
        Action<string?>? readLine = null,
        int? port = null)
    {
        var address = new Uri($"http://127.0.0.1:{port ?? FreePort()}");
        string[] pinned =
        [
            .. processors is null ? [] : (string[])["taskset", "-c", processors],
            .. command,
            $"--urls={address}",
        ];

        // Each program replaces itself with the next, so that this process becomes the server's.
        string[] all = outputFile is null ? pinned : ["sh", "-c", "exec \"$@\" > \"$BENCH_OUTPUT\"", "sh", .. pinned];
        var start = new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = outputFile is null };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["BENCH_OUTPUT"] = outputFile;
        var server = new ServerProcess(Process.Start(start)!, address); // null only with UseShellExecute
        if (outputFile is null)
        {
            server._process.OutputDataReceived += (_, line) => readLine?.Invoke(line.Data);
            server._process.BeginOutputReadLine();
        }

        return server;
    }

    /// <summary>Waits until <paramref name="answersAsync"/> returns true; ignores failed requests until then.</summary>
    public async Task WaitUntilAsync(Func<HttpClient, Task<bool>> answersAsync)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < StartLimit && !_process.HasExited;)
        {
            try
            {
                if (await answersAsync(Client))
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // The server does not listen yet.
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The server at {Address} did not become "
                    + $"ready{(_process.HasExited ? $": it exited with code {_process.ExitCode}" : "")}."));
    }

    private IEnumerable<Process> Children() =>
        from folder in Directory.GetDirectories("/proc")
        where int.TryParse(Path.GetFileName(folder), out _)
        let id = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)
        where StatusOf(id) is [_, var parent, ..] && parent == $"{_process.Id}"
        select Process.GetProcessById(id);

    /// <summary>The fields of a process's status after its name; none if it has ended.</summary>
    private static string[] StatusOf(int id)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{id}/stat");
            return status[(status.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public static int FreePort()
    {
        while (true)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, Interlocked.Increment(ref _nextPort));
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // The port is in use; try the next.
            }
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.ReliabilityBenchmarks.Load;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// Faults of the machine: a full disk, a missing folder, a clock that jumps. The service keeps answering.
/// </summary>
internal static class FaultTrials
{
    private const int Clients = 8;
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(6);

    public static async Task<int> FillDiskAsync()
    {
        await using var service = await ServiceProcess.StartAsync(
            new ServiceSetup { OutputFile = "/dev/full", Settings = ["--Serilog:MinimumLevel:Default=Information"] });
        var before = service.Resources;
        await using var clients = Start(service);
        await Task.Delay(Phase);
        await clients.StopAsync();
        var after = service.Resources;
        return await Report.WriteAsync(
            "Full disk",
            "`run disk`: standard output, with a log line per request, goes to `/dev/full`, where every write fails as "
                + "on a full disk.",
            string.Create(CultureInfo.InvariantCulture, $"""
                - Requests from {Clients} clients in {Phase.TotalSeconds} s: {clients.Answered}; not 200:
                  {clients.FailuresInWords}.
                - Resident memory before and after: {before.Megabytes:F0} MB and {after.Megabytes:F0} MB; handles:
                  {before.Handles} and {after.Handles}.
                """),
            clients.Failures.Count == 0 && clients.Answered > 0 && !service.HasExited);
    }

    public static async Task<int> RemoveFolderAsync()
    {
        var folder = Directory.CreateTempSubdirectory("softmax-models-").FullName;
        try
        {
            Copy(Path.Combine(Checkout.Root, "models"), folder);
            await using var service = await ServiceProcess.StartAsync(
                processor: null,
                $"--Models:Folder={folder}",
                "--Models:PollSeconds=0.5",
                "--Models:SettleSeconds=0.2");
            await using var clients = Start(service);
            await Task.Delay(TimeSpan.FromSeconds(2));
            Directory.Move(folder, $"{folder}.gone");
            await Task.Delay(Phase);
            var gone = await service.GetAsync("/health/ready");
            var answeredWithout = clients.Answered;
            Directory.Move($"{folder}.gone", folder);
            await Task.Delay(Phase);
            var back = await service.GetAsync("/health/ready");
            await clients.StopAsync();
            var isReady = gone.Status == 200 && back.Status == 200;
            var hasRecovered = !back.Body.Contains("\"failures\":[{", StringComparison.Ordinal);
            return await Report.WriteAsync(
                "Missing folder",
                "`run folder`: the folder of models is moved away under load, and moved back.",
                string.Create(CultureInfo.InvariantCulture, $"""
                    - Requests from {Clients} clients: {clients.Answered}, {answeredWithout} of them before the folder
                      came back after {Phase.TotalSeconds} s; not 200: {clients.FailuresInWords}.
                    - `/health/ready` without the folder: {gone.Status} `{gone.Body}`
                    - `/health/ready` once it is back: {back.Status} `{back.Body}`
                    """),
                clients.Failures.Count == 0 && isReady && hasRecovered);
        }
        finally
        {
            Directory.Delete(Directory.Exists(folder) ? folder : $"{folder}.gone", recursive: true);
        }
    }

    /// <summary>
    /// A preloaded library shifts the process's time of day by the number of seconds in a file. libfaketime is no
    /// alternative: .NET's timed waits hang in it.
    /// </summary>
    public static async Task<int> SetClockBackAsync()
    {
        var folder = Directory.CreateTempSubdirectory("softmax-clock-").FullName;
        var (library, shift) = (Path.Combine(folder, "clock.so"), Path.Combine(folder, "shift"));
        try
        {
            using (
                var compiler = Process.Start(
                    "cc",
                    [
                        "-shared",
                        "-fPIC",
                        "-O2",
                        "-o",
                        library,
                        Path.Combine(Checkout.Root, "bench", "reliability", "clock.c"),
                    ]))
            {
                await compiler.WaitForExitAsync();
            }

            await ShiftAsync(shift, TimeSpan.Zero);
            await using var service = await ServiceProcess.StartAsync(new ServiceSetup
            {
                Environment = new Dictionary<string, string> { ["LD_PRELOAD"] = library, ["CLOCK_SHIFT_FILE"] = shift },
                Settings = ["--Models:PollSeconds=0.5"],
            });
            await using var clients = Start(service);
            await Task.Delay(Phase);
            var (before, answered) = (await DateAsync(service), clients.Answered);
            await ShiftAsync(shift, TimeSpan.FromDays(-2));
            await Task.Delay(Phase);
            var (after, answeredBack) = (await DateAsync(service), clients.Answered - answered);
            await ShiftAsync(shift, TimeSpan.FromDays(3));
            await Task.Delay(Phase);
            var (ahead, answeredAhead) = (await DateAsync(service), clients.Answered - answered - answeredBack);
            await clients.StopAsync();
            var longest = clients.Milliseconds[^1];
            var hasJumped = after < before && ahead > before;
            var hasKeptPace = answeredBack > answered / 2 && answeredAhead > answered / 2;
            return await Report.WriteAsync(
                "Clock set back",
                "`run clock`: under load, a preloaded library (`bench/reliability/clock.c`) sets the time of day back "
                    + "by two days, then ahead by five. It leaves the monotonic clock alone, as the system does. The "
                    + $"service's `Date` headers said {before:u}, {after:u} and {ahead:u}.",
                string.Create(CultureInfo.InvariantCulture, $"""
                    - Requests from {Clients} clients in three phases of {Phase.TotalSeconds} s: {answered},
                      {answeredBack}, {answeredAhead}; not 200: {clients.FailuresInWords}. The longest took
                      {longest:F0} ms.
                    - Deadlines, queueing times, durations in the log and the interval between scans of the folder use
                      the monotonic clock (`Stopwatch`, `TimeProvider`'s timers and time stamps). Only the dates of log
                      lines and the gRPC library's call deadlines use the time of day.
                    """),
                clients.Failures.Count == 0 && hasJumped && hasKeptPace);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Writes in place, because the process has mapped the file.</summary>
    private static async Task ShiftAsync(string file, TimeSpan shift)
    {
        await using var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        await stream.WriteAsync(BitConverter.GetBytes((long)shift.TotalSeconds));
    }

    private static SteadyClients Start(ServiceProcess service) =>
        new(service.Address, Clients, File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "seven.png")));

    private static async Task<DateTimeOffset?> DateAsync(ServiceProcess service)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri(service.Address, "/health/live"));
        return answer.Headers.Date;
    }

    private static void Copy(string source, string target)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!); // a file has a folder
            File.Copy(file, copy);
        }
    }
}

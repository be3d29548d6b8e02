using System.Diagnostics;
using System.Globalization;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.ReliabilityBenchmarks.Load;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// What a machine does to a service: a full disk, a folder that is gone, a clock that jumps. It keeps answering.
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
            "`run disk`: standard output, with the line of each request, goes to `/dev/full`, where every write fails "
                + "as on a full disk.",
            string.Create(CultureInfo.InvariantCulture, $"""
                - Requests from {Clients} clients in {Phase.TotalSeconds} s: {clients.Answered}; not 200: {clients.FailuresInWords}.
                - Resident memory {before.Megabytes:F0} MB at the start, {after.Megabytes:F0} MB after; handles {before.Handles} and {after.Handles}.
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
            return await Report.WriteAsync(
                "Missing folder",
                "`run folder`: the folder of models is moved away under load, and comes back.",
                string.Create(CultureInfo.InvariantCulture, $"""
                    - Requests from {Clients} clients: {clients.Answered}, {answeredWithout} of them until the end of {Phase.TotalSeconds} s without the folder; not 200: {clients.FailuresInWords}.
                    - `/health/ready` without the folder: {gone.Status} `{gone.Body}`
                    - and when it is back: {back.Status} `{back.Body}`
                    """),
                clients.Failures.Count == 0 && gone.Status == 200 && back.Status == 200 && !back.Body.Contains("\"failures\":[{", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(Directory.Exists(folder) ? folder : $"{folder}.gone", recursive: true);
        }
    }

    /// <summary>
    /// By a library that gives the process another time of day from the moment that a file says so. libfaketime would
    /// not do: .NET's timed waits hang in it.
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
            var milliseconds = clients.Milliseconds;
            return await Report.WriteAsync(
                "Clock set back",
                "`run clock`: under load the time of day is set back by two days, then ahead by five, by a preloaded "
                    + "library (`bench/reliability/clock.c`) that leaves the monotonic clock alone, as the system "
                    + $"does. The service's `Date` headers said {before:u}, {after:u} and {ahead:u}.",
                string.Create(CultureInfo.InvariantCulture, $"""
                    - Requests from {Clients} clients in {Phase.TotalSeconds} s each: {answered}, {answeredBack}, {answeredAhead}; not 200: {clients.FailuresInWords}. The longest took {milliseconds[^1]:F0} ms.
                    - Deadlines, queues, durations in the log and the times between looks at the folder are measured by the monotonic clock (`Stopwatch`, `TimeProvider`'s timers and time stamps); the time of day dates lines of the log, and the gRPC library keeps a call's deadline as one.
                    """),
                clients.Failures.Count == 0 && after < before && ahead > before && answeredBack > answered / 2 && answeredAhead > answered / 2);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Written in place: the process has mapped the file.</summary>
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

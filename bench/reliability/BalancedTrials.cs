using System.Globalization;
using System.Text;
using SoftmaxService.ReliabilityBenchmarks.Load;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>Three replicas behind HAProxy under constant load, while replicas are restarted or killed.</summary>
internal static class BalancedTrials
{
    private const int Clients = 32;

    // Long enough for HAProxy to see twice that a replica is back, and to send it some load.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public static Task<int> RollAsync() =>
        RunAsync(
            "Rolling restart",
            "run rolling",
            "TERM",
            [0, 1, 2],
            "One replica after the other gets SIGTERM, exits and is started again before the next one.");

    public static Task<int> KillAsync() =>
        RunAsync(
            "Killed replica",
            "run kill",
            "KILL",
            [1, 0, 2],
            "One replica after the other gets SIGKILL while it has requests in flight, and is started again.");

    private static async Task<int> RunAsync(string title, string command, string signal, int[] order, string what)
    {
        await using var replicas = await Replicas.StartAsync();
        await using var haproxy = await HaproxyProcess.StartAsync(replicas.Addresses);
        var clients = new SteadyClients(
            haproxy.Address,
            Clients,
            await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "seven.png")));
        await using var _ = clients;
        await Task.Delay(Settling);

        var table = new StringBuilder();
        var isClean = true;
        foreach (var index in order)
        {
            var (before, failedBefore) = (clients.Answered, clients.Failures.Values.Sum());
            var (exitCode, seconds) = await replicas.RestartAsync(index, signal);
            await Task.Delay(Settling);
            isClean &= signal != "TERM" || exitCode == 0;
            table.Append(
                CultureInfo.InvariantCulture,
                $"| {index + 1} | {exitCode} | {seconds:F1} | {clients.Answered - before} | "
                    + $"{clients.Failures.Values.Sum() - failedBefore} |\n");
        }

        await clients.StopAsync();
        var milliseconds = clients.Milliseconds;
        var settling = Settling.TotalSeconds;
        return await Report.WriteAsync(
            title,
            $"`{command}`: three replicas behind HAProxy with `docker/haproxy/haproxy.cfg`, and {Clients} connections "
                + $"that post an image to `/classify` as soon as the previous one is answered. {what} Replicas, "
                + "HAProxy and clients share the cores.",
            string.Create(CultureInfo.InvariantCulture, $"""
                | replica | exit code | seconds to exit | requests until {settling} s after its restart | not 200 |
                |---|---|---|---|---|
                {table}
                - Requests: {clients.Answered}; answered with another status than 200, or not at all:
                  {clients.FailuresInWords}.
                - p50 {OpenLoop.Quantile(milliseconds, 0.5):F1} ms, p99 {OpenLoop.Quantile(milliseconds, 0.99):F1} ms,
                  longest {milliseconds[^1]:F0} ms.
                """),
            isClean && clients.Failures.Count == 0);
    }
}

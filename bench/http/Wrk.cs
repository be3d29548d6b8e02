using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>One run of the load generator wrk.</summary>
/// <param name="Requests">Requests that were answered.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="P50">Median latency in milliseconds.</param>
/// <param name="P99">Latency in milliseconds that 99 % stay within.</param>
/// <param name="Errors">Answers that were not 2xx or 3xx, and socket errors.</param>
internal sealed partial record Wrk(long Requests, double Seconds, double P50, double P99, long Errors)
{
    public static async Task<Wrk> PostAsync(Uri url, string bodyPath, int connections, double seconds, int processor)
    {
        string[] arguments =
        [
            "-c", processor.ToString(CultureInfo.InvariantCulture), "wrk", "-t1", string.Create(CultureInfo.InvariantCulture, $"-c{connections}"),
            string.Create(CultureInfo.InvariantCulture, $"-d{seconds:F0}s"), "--latency", "--timeout", "10s", "-s", Path.Combine(AppContext.BaseDirectory, "post.lua"), url.ToString(),
        ];
        var start = new ProcessStartInfo("taskset", arguments) { RedirectStandardOutput = true, Environment = { ["WRK_BODY"] = bodyPath } };
        using var process = Process.Start(start)!; // null only with UseShellExecute
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var total = Total().Match(output);
        return total.Success
            ? new Wrk(
                long.Parse(total.Groups[1].Value, CultureInfo.InvariantCulture),
                double.Parse(total.Groups[2].Value, CultureInfo.InvariantCulture),
                Milliseconds(Percentile50().Match(output)),
                Milliseconds(Percentile99().Match(output)),
                Refused().Match(output) is { Success: true } refused ? long.Parse(refused.Groups[1].Value, CultureInfo.InvariantCulture) : SocketErrors().Match(output).Groups.Values.Skip(1).Sum(group => long.Parse(group.Value, CultureInfo.InvariantCulture)))
            : throw new InvalidOperationException($"wrk did not say what it measured:\n{output}");
    }

    private static double Milliseconds(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * match.Groups[2].Value switch
    {
        "us" => 1e-3,
        "ms" => 1,
        _ => 1e3,
    };

    [GeneratedRegex(@"(\d+) requests in ([\d.]+)s")]
    private static partial Regex Total();

    [GeneratedRegex(@"50%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Percentile50();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Percentile99();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex Refused();

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex SocketErrors();
}

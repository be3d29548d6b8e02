using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>The body that a load generator posts.</summary>
/// <param name="Path">The file with the bytes.</param>
/// <param name="MediaType">Their media type.</param>
internal sealed record PostedBody(string Path, string MediaType)
{
    public static PostedBody Seven { get; } =
        new(System.IO.Path.Combine(AppContext.BaseDirectory, "seven.png"), "image/png");
}

/// <summary>One run of the load generator wrk.</summary>
/// <param name="Requests">Answered requests.</param>
/// <param name="Seconds">Duration.</param>
/// <param name="P50">Median latency in milliseconds.</param>
/// <param name="P99">99th percentile of latency in milliseconds.</param>
/// <param name="Errors">Answers that were not 2xx or 3xx, and socket errors.</param>
internal sealed partial record Wrk(long Requests, double Seconds, double P50, double P99, long Errors)
{
    /// <param name="url">The URL to post to.</param>
    /// <param name="body">The body to post.</param>
    /// <param name="connections">The number of concurrent connections.</param>
    /// <param name="seconds">The duration, rounded to whole seconds.</param>
    /// <param name="processors">The processors that wrk may use, as <c>taskset -c</c> takes them.</param>
    /// <param name="isLowest">Whether wrk has the lowest priority.</param>
    public static async Task<Wrk> PostAsync(
        Uri url,
        PostedBody body,
        int connections,
        double seconds,
        string processors,
        bool isLowest = false)
    {
        string[] arguments =
        [
            "-n",
            isLowest ? "19" : "0",
            "taskset",
            "-c",
            processors,
            "wrk",
            "-t1",
            string.Create(CultureInfo.InvariantCulture, $"-c{connections}"),
            string.Create(CultureInfo.InvariantCulture, $"-d{Math.Max(1, seconds):F0}s"),
            "--latency",
            "--timeout",
            "10s",
            "-s",
            Path.Combine(AppContext.BaseDirectory, "post.lua"),
            url.ToString(),
        ];
        var start = new ProcessStartInfo("nice", arguments)
        {
            RedirectStandardOutput = true,
            Environment = { ["WRK_BODY"] = body.Path, ["WRK_TYPE"] = body.MediaType },
        };
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
                Counts(Rejected().Match(output)) + Counts(SocketErrors().Match(output)))
            : throw new InvalidOperationException($"wrk's output has no result:\n{output}");
    }

    private static long Counts(Match match) =>
        match
            .Groups.Values.Skip(1)
            .Where(group => group.Success)
            .Sum(group => long.Parse(group.Value, CultureInfo.InvariantCulture));

    private static double Milliseconds(Match match) =>
        double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        * match.Groups[2].Value switch
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
    private static partial Regex Rejected();

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex SocketErrors();
}

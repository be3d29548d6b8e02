using System.Globalization;
using System.Text;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.ReliabilityBenchmarks.Load;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>Writes <c>bench/results/cost.md</c>, or only shows it if a part was measured.</summary>
internal static class CostReport
{
    private const string FileName = "cost.md";

    public static string Files(string table) => $"""
        ## What a file costs

        Each file was prepared alone, in a process of its own, for three models: one of handwritten digits (28 × 28,
        whose ink is searched for), one of photographs (224 × 224, RGB), and one whose recipe reads every pixel of a
        photograph. *Declared* is what the service takes the file to cost at most when it has read its header; what is
        measured may not be more.

        | kind | file | KB | for | declared ms | CPU ms | declared MB | peak MB | outcome | |
        |---|---|---|---|---|---|---|---|---|---|
        {table}

        """;

    public static string Group(int mebibytes, int cores, double available, List<Outcome> outcomes)
    {
        var rows = new StringBuilder();
        foreach (var outcome in outcomes)
        {
            rows.Append(Row(outcome)).Append('\n');
        }

        return string.Create(CultureInfo.InvariantCulture, $"""
            ## {mebibytes} MiB, {cores} {(cores == 1 ? "core" : "cores")}

            .NET takes {available:F0} MB to be there.

            | attack | answers | CPU s | peak MB | p50 ms | p99 ms | requests | not 200 | resident MB | missed |
            |---|---|---|---|---|---|---|---|---|---|
            {rows}

            """);
    }

    public static string Row(Outcome outcome) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {outcome.Attack.Name} | {outcome.Answers} | {outcome.CpuSeconds:F1} | {outcome.PeakMegabytes:F0} | "
            + $"{OpenLoop.Quantile(outcome.Milliseconds, 0.5):F1} | "
            + $"{OpenLoop.Quantile(outcome.Milliseconds, 0.99):F0} | "
            + $"{outcome.Milliseconds.Length} | {outcome.WitnessFailures} | "
            + $"{outcome.BeforeMegabytes:F0} → {outcome.AfterMegabytes:F0} | {outcome.Faults} |");

    /// <summary>Writes what was measured until now; whether all of it passed is null before the end.</summary>
    public static Task WriteAsync(
        string body, double seconds, string? only, bool isNative, string loadAtStart, bool? isPassed)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            # What one client may cost

            Written by `bench/reliability/run cost`. {Results.Machine}. The service is the
            {(isNative ? "native binary" : "framework-dependent build")} with `mnist/1` and `cifar10/1`, confined to a
            control group of the stated memory and to one core or both; the clients share the second core with it where
            it has both. It has answered `/classify`, `/preprocess`, `/softmax` and both pages of the trial before: what
            their first use loads stays. Each attack lasts {seconds} s, then its clients hang up. Meanwhile another
            client posts a small image to `/classify` some twenty times a second, and waits for each answer. The
            machine's load average was {loadAtStart} at the start and {Load()} at the end, this trial included.

            What must hold: the process lives; nobody gets a 500; the other client's p99 is at most
            {Measurement.LongestWait} ms, and it gets nothing but 200; at most
            {Measurement.LongestRecovery.TotalSeconds} s after the attack, resident memory is at most
            {Measurement.LargestGrowth} times what it was. The peak is the control group's, and includes the cache of
            files.

            {body.Trim()}

            {(isPassed is { } all ? all ? "Passed." : "FAILED." : "The trial was not finished.")}

            """);
        return Results.ShowAsync(text, FileName, write: only is null);
    }

    /// <summary>The load average of the last minute.</summary>
    public static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];
}

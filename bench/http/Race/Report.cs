using System.Globalization;
using System.Text;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>The findings as Markdown.</summary>
internal static class Report
{
    private static readonly RequestKind[] Kinds =
    [
        RequestKind.Classify,
        RequestKind.Cifar,
        RequestKind.SoftmaxBinary,
        RequestKind.SoftmaxJson,
    ];

    private static readonly (string Part, string Title)[] Parts =
    [
        (PartsProcess.Decode, "SKCodec decodes the image"),
        (PartsProcess.Run, "ONNX Runtime runs the model on one image"),
        (PartsProcess.CifarRun, "ONNX Runtime runs `cifar10/1` on one image"),
        (
            PartsProcess.Json,
            "System.Text.Json, source-generated, reads the JSON request and writes the arrays of our reply"),
    ];

    public static string Write(Findings findings, IReadOnlyList<Goal> goals, RaceFiles files, RacePlan plan) =>
        string.Create(CultureInfo.InvariantCulture, $"""
        # Serving speed

        {Results.Machine}. Written by `bench/http/run`: {plan.Rounds} rounds of {plan.Seconds:0.#} s,
        {plan.WarmUpSeconds:0.#} s of warm-up.
        {Versions.All}.
        The model is {files.ModelNote}. The [method](../README.md#the-serving-race) is described beside the benchmarks.

        | goal | wanted | measured | |
        |---|---|---|---|
        {Lines(goals.Select(goal => $"| {goal.Title} | {goal.Bound} | {goal.Measured} | {goal.Verdict} |"))}

        CPU is the user and system time of the server's process in µs per request: the median of the rounds, and the
        lowest and the highest.

        {TablesOf(findings.Rounds)}
        ## The unavoidable parts alone

        | part | CPU µs | lowest…highest |
        |---|---|---|
        {Lines(Parts.Select(part => PartRow(findings.Rounds, part.Part, part.Title)))}

        ## Managed allocations, bytes per request at 64 connections

        | request | ours | floor | difference |
        |---|---|---|---|
        {Lines(findings.Allocations.Select(AllocationsRow))}

        ## One core and two, 64 connections

        The load generator runs on both cores, at the lowest priority. For the second ratio, a server on one core shares
        that core with the load generator.

        | request | requests/s, one core | two cores | ratio | ratio, shared core | CPU µs, one core | two cores | cores used of two |
        |---|---|---|---|---|---|---|---|
        {Lines(findings.Cores.Select(CoresRow))}

        ## Start and memory

        {StartAndMemory(findings)}
        {Rejected()}
        """);

    private static string TablesOf(Measurements rounds)
    {
        var text = new StringBuilder();
        foreach (var kind in Kinds)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"## {kind.Title}")
                .AppendLine()
                .AppendLine("| connections | server | CPU µs | lowest…highest | requests/s | p50 ms | p99 ms |")
                .AppendLine("|---|---|---|---|---|---|---|");
            foreach (var connections in RacePlan.Connections)
            {
                foreach (var contender in rounds
                        .ContendersOf(kind)
                        .Order(
                            Comparer<string>.Create(
                                (a, b) => rounds.Cpu(a, kind, connections).CompareTo(rounds.Cpu(b, kind, connections))))
                )
                {
                    double Of(Func<Turn, double> value) => rounds.Median(contender, kind, connections, value);
                    var (lowest, highest) = rounds.CpuRange(contender, kind, connections);
                    text.AppendLine(
                        CultureInfo.InvariantCulture,
                        $"| {connections} | {contender} | {rounds.Cpu(contender, kind, connections):F1} | "
                            + $"{lowest:F1}…{highest:F1} | {Of(turn => turn.Rate):F0} | {Of(turn => turn.Load.P50):F2} "
                            + $"| {Of(turn => turn.Load.P99):F2} |");
                }
            }

            text.AppendLine();
        }

        return text.ToString().TrimEnd() + Environment.NewLine;
    }

    private static string PartRow(Measurements rounds, string part, string title)
    {
        var (lowest, highest) = rounds.PartRange(part);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {title} | {rounds.Part(part):F1} | {lowest:F1}…{highest:F1} |");
    }

    private static string AllocationsRow(Allocations found) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"| {found.Kind.Title} | {found.Ours:F0} | {found.Floor:F0} | {found.Difference:F0} |");

    private static string CoresRow(CoreScaling scaling) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"| {scaling.Kind.Title} | {scaling.OneCore.Rate:F0} | {scaling.TwoCores.Rate:F0} | {scaling.Ratio:F2} | "
                + $"{scaling.RatioConfined:F2} | {scaling.OneCore.CpuMicroseconds:F1} | "
                + $"{scaling.TwoCores.CpuMicroseconds:F1} | "
                + $"{scaling.TwoCores.Rate * scaling.TwoCores.CpuMicroseconds / 1e6:F2} |");

    private static string StartAndMemory(Findings findings) => findings is { Starts: { } starts, Memory: { } memory }
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"""
            - From process start to the first correct answer: ours {starts.Ours:F0} ms, the floor {starts.Floor:F0} ms,
              both Native AOT; our portable build {starts.OursPortable:F0} ms.
            - Resident memory, Native AOT: {memory.AfterHalf:F1} MB after half and {memory.AfterAll:F1} MB after all of
              {memory.Requests} requests, {memory.CifarRequests} of them to `cifar10/1`, the others to `mnist/1`.
            """)
        : "There was no native binary to measure: `bench/http/run` says why.";

    private static string Rejected() =>
        Turn.Rejected == 0
            ? ""
            : $"{Environment.NewLine}{Turn.Rejected} turn(s) in which the load generator saw errors were discarded "
                + $"and repeated.{Environment.NewLine}";

    private static string Lines(IEnumerable<string> lines) => string.Join(Environment.NewLine, lines);
}

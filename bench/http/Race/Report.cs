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

    public static string Write(Findings findings, IReadOnlyList<Goal> goals, RaceFiles files, RacePlan plan) => string.Create(CultureInfo.InvariantCulture, $"""
        # Serving speed

        {Results.Machine}. Written by `bench/http/run`: {plan.Rounds} rounds of {plan.Seconds:0.#} s, {plan.WarmUpSeconds:0.#} s of warm-up.
        {Versions.All}.
        The model is {files.ModelNote}. The [method](../README.md#the-serving-race) is told beside the benchmarks.

        | goal | wanted | measured | |
        |---|---|---|---|
        {Lines(goals.Select(goal => $"| {goal.Title} | {goal.Bound} | {goal.Measured} | {goal.Verdict} |"))}

        CPU is user and system time of the server's process, µs a request: the median of the rounds, and the lowest and highest.

        {TablesOf(findings.Rounds)}
        ## The unavoidable parts by themselves

        | part | CPU µs | lowest…highest |
        |---|---|---|
        {Lines(Parts.Select(part => Row(part.Title, findings.Rounds.Part(part.Part), findings.Rounds.PartRange(part.Part))))}

        ## Managed allocations, bytes a request at 64 connections

        | request | ours | floor | ours beyond it |
        |---|---|---|---|
        {Lines(findings.Allocations.Select(found => string.Create(CultureInfo.InvariantCulture, $"| {found.Kind.Title} | {found.Ours:F0} | {found.Floor:F0} | {found.Difference:F0} |")))}

        ## One core and two, 64 connections

        The load generator takes of both cores what the server leaves. "Alike": it has one core where the server has one, the same.

        | request | requests/s, one core | two cores | ratio | ratio, alike | CPU µs, one core | two cores | cores the server used of two |
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

    private static string Row(string title, double median, (double Lowest, double Highest) range) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"| {title} | {median:F1} | {range.Lowest:F1}…{range.Highest:F1} |");

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
            - From process start to the first right answer: ours {starts.Ours:F0} ms, the floor {starts.Floor:F0} ms, both Native AOT; ours as portable build {starts.OursPortable:F0} ms.
            - Resident memory, Native AOT: {memory.AfterHalf:F1} MB after half and {memory.AfterAll:F1} MB after all of {memory.Requests} requests, {memory.CifarRequests} of them to `cifar10/1`, the others to `mnist/1`.
            """)
        : "There was no native binary to measure: `bench/http/run` says why.";

    private static string Rejected() =>
        Turn.Rejected == 0
            ? ""
            : $"{Environment.NewLine}{Turn.Rejected} turn(s) in which the load generator saw errors were thrown away "
                + $"and taken again.{Environment.NewLine}";

    private static string Lines(IEnumerable<string> lines) => string.Join(Environment.NewLine, lines);
}

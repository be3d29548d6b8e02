using System.Globalization;
using System.Text;
using SoftmaxService.Benchmarks;
using SoftmaxService.HttpBenchmarks.Race;

namespace SoftmaxService.HttpBenchmarks.Compare;

/// <summary>
/// Measures an earlier build against this one. Both are started several times, since one process differs from the next,
/// and take turns under load.
/// </summary>
internal static class CompareCommand
{
    private const string ResultFile = "before-and-after.md";
    private static readonly int[] Connections = [1, 64];

    private static readonly RequestKind[] Kinds =
        [RequestKind.Classify, RequestKind.SoftmaxBinary, RequestKind.SoftmaxJson, RequestKind.Cifar];

    public static async Task<int> RunAsync(string revision, Options options)
    {
        var plan = new RacePlan(
            (int)options.Number("rounds", 3),
            options.Number("seconds", 3),
            options.Number("warm-up", 8));
        var starts = (int)options.Number("starts", 5);
        using var files = RaceFiles.Create(options.Text("model"));
        var (before, after) = (Contender.Earlier(files), Contender.Ours(files));
        var pairs = new List<PairedTurns>();
        for (var start = 1; start <= starts; start++)
        {
            Progress.Report($"start {start} of {starts}");
            pairs.Add(await MeasureAsync(before, after, files, plan));
        }

        await Results.ShowAsync(Report(revision, pairs, plan), ResultFile, options.Write);
        return 0;
    }

    private static async Task<PairedTurns> MeasureAsync(
        Contender before,
        Contender after,
        RaceFiles files,
        RacePlan plan)
    {
        var turns = new PairedTurns();
        await using var earlier = await CountedServer.StartAsync(before, files);
        await using var ours = await CountedServer.StartAsync(after, files);
        foreach (var kind in Kinds)
        {
            await earlier.TakeAsync(kind, RacePlan.WarmUpConnections, plan.WarmUpSeconds);
            await ours.TakeAsync(kind, RacePlan.WarmUpConnections, plan.WarmUpSeconds);
        }

        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var (kind, connections) in Kinds.SelectMany(_ => Connections, (kind, count) => (kind, count)))
            {
                // Each goes first in every other round.
                if (round % 2 == 0)
                {
                    turns.AddBefore(kind, connections, await earlier.TakeAsync(kind, connections, plan.Seconds));
                    turns.AddAfter(kind, connections, await ours.TakeAsync(kind, connections, plan.Seconds));
                }
                else
                {
                    turns.AddAfter(kind, connections, await ours.TakeAsync(kind, connections, plan.Seconds));
                    turns.AddBefore(kind, connections, await earlier.TakeAsync(kind, connections, plan.Seconds));
                }
            }
        }

        return turns;
    }

    private static string Report(string revision, List<PairedTurns> pairs, RacePlan plan)
    {
        var table = new StringBuilder();
        foreach (var (kind, connections) in Kinds.SelectMany(_ => Connections, (kind, count) => (kind, count)))
        {
            AppendRow("CPU, µs", turn => turn.CpuMicroseconds, "F1");
            AppendRow("p99, ms", turn => turn.P99, "F2");
            AppendRow("allocated, B", turn => turn.AllocatedBytes, "F0");

            void AppendRow(string title, Func<CountedTurn, double> value, string format)
            {
                var comparisons = pairs.Select(pair => pair.Compare(kind, connections, value)).ToArray();
                var ratios = comparisons.Select(one => one.After / one.Before).ToArray();
                table.AppendLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {kind.Title} | {connections} | {title} | "
                            + $"{Text(Medians.Of(comparisons.Select(one => one.Before)))} | "
                            + $"{Text(Medians.Of(comparisons.Select(one => one.After)))} | "
                            + $"{Medians.Of(ratios):F3} ({ratios.Min():F3}…{ratios.Max():F3}) |"));

                string Text(double number) => number.ToString(format, CultureInfo.InvariantCulture);
            }
        }

        return $"""
            # Before and after, over HTTP

            {Results.Machine}. Written by `bench/http/run compare {revision} --write`.

            The build of commit {revision} (before) and this one (after), both framework-dependent with the shipped
            settings, share one core; wrk runs on the other. Both were started {pairs.Count} times. After
            {plan.WarmUpSeconds} s of each kind of request they took {plan.Rounds} turns of {plan.Seconds} s each, one
            after the other. A value is the median over the starts of the median over a start's turns. Each start
            gives a ratio; the table shows their median, and the lowest and the highest. Where these lie on both sides
            of 1, the builds are not told apart.

            | request | connections | per request | before | after | after ÷ before |
            |---|---|---|---|---|---|
            {table}
            """;
    }
}

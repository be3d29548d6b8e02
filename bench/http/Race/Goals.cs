using System.Globalization;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>The goals of the service, judged by the findings.</summary>
internal static class Goals
{
    private const string Ours = "ours";
    private const string Floor = "floor";
    private const int Busy = 64;
    private const double Flat = 0.05;

    public static IReadOnlyList<Goal> Judge(Findings findings) =>
        [
            .. OfTime(findings.Rounds),
            .. OfAllocations(findings.Allocations),
            .. OfStart(findings.Starts),
            OfMemory(findings.Memory),
            OfCores(findings.Cores),
        ];

    private static IEnumerable<Goal> OfTime(Measurements rounds)
    {
        double Cpu(string contender, RequestKind kind, int connections = Busy) =>
            rounds.Cpu(contender, kind, connections);
        double[] TimesOurs(string contender) =>
            [
                .. RacePlan.Connections.Select(connections =>
                    Cpu(contender, RequestKind.Classify, connections) / Cpu(Ours, RequestKind.Classify, connections)),
            ];
        double P99(string contender) => rounds.Median(contender, RequestKind.Classify, Busy, turn => turn.Load.P99);

        yield return Goal.AtMost(
            "CPU per `/classify` at 64 connections ÷ (floor + decode + one batch-1 run)",
            Cpu(Ours, RequestKind.Classify)
                / (Cpu(Floor, RequestKind.Classify) + rounds.Part(PartsProcess.Decode) + rounds.Part(PartsProcess.Run)),
            1.15);
        yield return Goal.AtLeast(
            "CPU per `/classify`, naive ÷ ours, at 1, 8, 64 connections",
            1.5,
            TimesOurs(Contender.Naive.Name));
        yield return Goal.AtLeast(
            "CPU per `/classify`, node ÷ ours, at 1, 8, 64 connections",
            1.5,
            TimesOurs(Contender.Node.Name));
        yield return Goal.AtLeast(
            "CPU per `/classify`, ML.NET ÷ ours, at 1, 8, 64 connections",
            2,
            TimesOurs(Contender.MlNet.Name));
        yield return Goal.AtMost("p99 at 64 connections ÷ naive's", P99(Ours) / P99(Contender.Naive.Name), 0.6);
        yield return Goal.AtMost(
            "`/softmax`, octet-stream, 64 × 1000, 64 connections: CPU ÷ floor",
            Cpu(Ours, RequestKind.SoftmaxBinary) / Cpu(Floor, RequestKind.SoftmaxBinary),
            1.3);
        yield return Goal.AtMost(
            "`/softmax`, JSON, 1000 logits, 64 connections: CPU ÷ (floor + System.Text.Json's read and write)",
            Cpu(Ours, RequestKind.SoftmaxJson) / (Cpu(Floor, RequestKind.SoftmaxJson) + rounds.Part(PartsProcess.Json)),
            1.15);
        yield return Goal.AtMost(
            "CIFAR-10 `/classify`, 64 connections: CPU ÷ one batch-1 run",
            Cpu(Ours, RequestKind.Cifar) / rounds.Part(PartsProcess.CifarRun),
            1.10);
    }

    private static IEnumerable<Goal> OfAllocations(IReadOnlyList<Allocations> allocations)
    {
        double Of(RequestKind kind) => allocations.Single(found => found.Kind == kind).Difference;
        yield return Goal.AtMost(
            "managed allocations per `/classify` beyond the floor's",
            Of(RequestKind.Classify),
            2048,
            " B",
            "F0");
        yield return Goal.AtMost(
            "managed allocations per `/softmax`, octet-stream, beyond the floor's",
            Of(RequestKind.SoftmaxBinary),
            1024,
            " B",
            "F0");
    }

    private static IEnumerable<Goal> OfStart(StartTimes? starts)
    {
        const string Title = "process start to first correct answer, Native AOT";
        if (starts is null)
        {
            return [Goal.NotMeasured(Title, "≤ 300 ms"), Goal.NotMeasured($"{Title} ÷ the floor's", "≤ 2")];
        }

        return
        [
            Goal.AtMost(Title, starts.Ours, 300, " ms", "F0"),
            Goal.AtMost($"{Title} ÷ the floor's", starts.Ours / starts.Floor, 2),
        ];
    }

    private static Goal OfMemory(ResidentMemory? memory)
    {
        const string Title = "resident memory after 100,000 requests, both models loaded, Native AOT";
        const string Bound = "≤ 120 MB, flat";
        return memory is null
            ? Goal.NotMeasured(Title, Bound)
            : new Goal(
                Title,
                Bound,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{memory.AfterAll:F0} MB, after 50,000 {memory.AfterHalf:F0} MB"),
                memory.AfterAll <= 120 && memory.AfterAll <= memory.AfterHalf * (1 + Flat));
    }

    private static Goal OfCores(IReadOnlyList<CoreScaling> cores) =>
        Goal.AtLeast(
            "two cores ÷ one core, throughput",
            1.8,
            cores.Single(scaling => scaling.Kind == RequestKind.Classify).Ratio);
}

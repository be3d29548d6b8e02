using SoftmaxService.Benchmarks;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>Our throughput on one core and on two, with the load generator at the lowest priority.</summary>
/// <param name="Kind">The kind of request.</param>
/// <param name="OneCore">The server on one core, the load generator on both.</param>
/// <param name="TwoCores">The server and the load generator on both cores.</param>
/// <param name="Confined">The server and the load generator on the same core, requests per second.</param>
internal sealed record CoreScaling(
    RequestKind Kind,
    (double Rate, double CpuMicroseconds) OneCore,
    (double Rate, double CpuMicroseconds) TwoCores,
    double Confined)
{
    private const string One = "0";
    private const string Two = "0,1";
    private const int Connections = 64;

    public double Ratio => TwoCores.Rate / OneCore.Rate;

    public double RatioConfined => TwoCores.Rate / Confined;

    public static async Task<IReadOnlyList<CoreScaling>> MeasureAsync(RaceFiles files, RacePlan plan)
    {
        await using var one = await Contender.Ours(files).StartAsync(files, One);
        await using var two = await Contender.Ours(files).StartAsync(files, Two);
        var found = new List<CoreScaling>();
        foreach (var kind in new[] { RequestKind.Classify, RequestKind.Cifar })
        {
            Progress.Report($"one core and two, {kind.Title}");
            await TakeAsync(one, Two, plan.WarmUpSeconds);
            await TakeAsync(two, Two, plan.WarmUpSeconds);
            var (oneCore, twoCores, confined) = (new List<Turn>(), new List<Turn>(), new List<Turn>());
            for (var round = 0; round < plan.Rounds; round++)
            {
                oneCore.Add(await TakeAsync(one, Two, plan.Seconds));
                twoCores.Add(await TakeAsync(two, Two, plan.Seconds));
                confined.Add(await TakeAsync(one, One, plan.Seconds));
            }

            found.Add(new CoreScaling(kind, MediansOf(oneCore), MediansOf(twoCores), MediansOf(confined).Rate));

            Task<Turn> TakeAsync(ServerProcess server, string loadProcessors, double seconds) =>
                Turn.TakeAsync(
                    server,
                    kind,
                    kind.BodyOf(files),
                    Connections,
                    seconds,
                    loadProcessors,
                    isLoadLowest: true);
        }

        return found;
    }

    private static (double Rate, double CpuMicroseconds) MediansOf(List<Turn> turns) =>
        (Medians.Of(turns.Select(turn => turn.Rate)), Medians.Of(turns.Select(turn => turn.CpuMicroseconds)));
}

using System.Globalization;
using System.Text;
using SoftmaxService.Benchmarks;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>
/// Measures the gain of batching: the same load against the service with batches of up to 8 and without, turn by turn.
/// </summary>
internal static class BatchingRace
{
    private const int ServerProcessor = 0;
    private const string LoadProcessor = "1";
    private const double WarmUpSeconds = 25;

    private static readonly string[] Models = ["mnist/1", "cifar10/1"];
    private static readonly int[] Connections = [1, 8, 64];

    public static async Task<int> RunAsync(Options options)
    {
        var (rounds, seconds) = ((int)options.Number("rounds", 5), options.Number("seconds", 6));
        await using var alone = await ServiceProcess.StartAsync(ServerProcessor, "--Batching:MaxBatchSize=1");
        await using var joined = await ServiceProcess.StartAsync(ServerProcessor);
        var table = new StringBuilder();
        foreach (var model in Models)
        {
            foreach (var service in new[] { alone, joined })
            {
                await Wrk.PostAsync(UrlOf(service, model), PostedBody.Seven, 64, WarmUpSeconds, LoadProcessor);
            }

            foreach (var connections in Connections)
            {
                var (off, on) = (new List<Turn>(), new List<Turn>());
                for (var round = 0; round < rounds; round++)
                {
                    off.Add(await Turn.TakeAsync(alone, model, connections, seconds));
                    on.Add(await Turn.TakeAsync(joined, model, connections, seconds));
                }

                table.AppendLine(Row(model, connections, off, on));
                Console.Error.WriteLine(Row(model, connections, off, on));
            }
        }

        await Results.ShowAsync(
            $"""
            # Batching, over HTTP

            {Results.Machine}. Written by `bench/http/run batching --write`.

            Two processes of the service share one core: one with `Batching:MaxBatchSize=1` (off), one as shipped (on,
            up to 8). wrk runs on the other core and posts a PNG of 28 × 28 pixels to `/classify`. After
            {WarmUpSeconds} s of warm-up each, they take turns of {seconds} s; the table shows the medians of {rounds}
            turns. CPU is the user and system time of the service's process per request. The gain is the number of
            requests per CPU-second with batching on, divided by the number with it off.

            | model | connections | CPU µs per request, off | on | gain | mean batch | requests/s, off | on | p50 ms, off | on | p99 ms, off | on | errors |
            |---|---|---|---|---|---|---|---|---|---|---|---|---|
            {table}
            """,
            "batching.md",
            options.Write);
        return 0;
    }

    private static Uri UrlOf(ServiceProcess service, string model) =>
        new(service.Address, $"/classify?model={model.Split('/')[0]}&version={model.Split('/')[1]}");

    private static string Row(string model, int connections, List<Turn> off, List<Turn> on)
    {
        var (cpuOff, cpuOn) = (
            Medians.Of(off.Select(turn => turn.CpuMicroseconds)),
            Medians.Of(on.Select(turn => turn.CpuMicroseconds)));
        double Of(List<Turn> turns, Func<Wrk, double> value) => Medians.Of(turns.Select(turn => value(turn.Load)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| `{model}` | {connections} | {cpuOff:F0} | {cpuOn:F0} | {cpuOff / cpuOn:F2} | "
                + $"{Medians.Of(on.Select(turn => turn.MeanBatch)):F1} | "
                + $"{Of(off, load => load.Requests / load.Seconds):F0} | "
                + $"{Of(on, load => load.Requests / load.Seconds):F0} | {Of(off, load => load.P50):F2} | "
                + $"{Of(on, load => load.P50):F2} | {Of(off, load => load.P99):F2} | {Of(on, load => load.P99):F2} | "
                + $"{off.Concat(on).Sum(turn => turn.Load.Errors)} |");
    }

    /// <summary>One service under load for some seconds.</summary>
    private sealed record Turn(Wrk Load, double CpuMicroseconds, double MeanBatch)
    {
        public static async Task<Turn> TakeAsync(ServiceProcess service, string model, int connections, double seconds)
        {
            var (cpu, (images, runs, _)) = (service.CpuTime, await service.BatchingOfAsync(model));
            var load = await Wrk.PostAsync(
                UrlOf(service, model),
                PostedBody.Seven,
                connections,
                seconds,
                LoadProcessor);
            var (cpuAfter, (imagesAfter, runsAfter, _)) = (service.CpuTime, await service.BatchingOfAsync(model));
            return new Turn(
                load,
                (cpuAfter - cpu).TotalMicroseconds / load.Requests,
                (imagesAfter - images) / (double)Math.Max(1, runsAfter - runs));
        }
    }
}

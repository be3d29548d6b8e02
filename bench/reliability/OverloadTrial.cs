using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using SoftmaxService.Benchmarks;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.ReliabilityBenchmarks.Load;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// Sends more requests than the service can answer. Throughput and latency must hold; the rest is rejected at once.
/// </summary>
internal static class OverloadTrial
{
    private const string ServerProcessor = "0";
    private const int ClosedClients = 48;
    private const double LeastGoodput = 0.9;
    private const double LongestTail = 3;
    private static readonly double[] Loads = [0.8, 1, 2, 5];

    public static async Task<int> RunAsync(Options options)
    {
        var (seconds, rounds, model) = (
            options.Number("seconds", 10),
            (int)options.Number("rounds", 3),
            options.Text("model") ?? "cifar10");
        string[] settings = options.Text("pending") is { } pending ? [$"--Load:MaxPendingPerModel={pending}"] : [];
        await using var service = await ServiceProcess.StartAsync(
            new ServiceSetup { Processors = ServerProcessor, Settings = settings });
        var image = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "three.png"));
        using var client = new HttpClient(new SocketsHttpHandler())
        {
            BaseAddress = service.Address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        HttpRequestMessage Request() =>
            new(HttpMethod.Post, new Uri($"/classify?model={model}&topK=1", UriKind.Relative))
            {
                Content = new ByteArrayContent(image)
                {
                    Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
                },
            };

        await CapacityAsync(client, Request, seconds); // a warm-up
        List<double> capacities = [];
        var turns = Loads.ToDictionary(load => load, _ => new List<OpenLoop>());
        for (var round = 0; round < rounds; round++)
        {
            var capacity = await CapacityAsync(client, Request, seconds);
            capacities.Add(capacity);
            foreach (var load in Loads)
            {
                turns[load].Add(await OpenLoop.RunAsync(client, Request, capacity * load, seconds, seed: round));
                Console.Error.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{load} × {capacity:F0}/s: {turns[load][^1].Goodput:F0}/s answered"));
            }
        }

        double Of(double load, Func<OpenLoop, double> value) => Medians.Of(turns[load].Select(value));
        double Share(double load) =>
            Medians.Of(turns[load].Zip(capacities, (turn, capacity) => turn.Goodput / capacity));
        double Tail(double load) => Of(load, turn => OpenLoop.Quantile(turn.Accepted, 0.99));
        var peak = Loads.Max(Share);
        var table = new StringBuilder();
        foreach (var load in Loads)
        {
            table.Append(
                CultureInfo.InvariantCulture,
                $"| {load} | {Of(load, turn => turn.Goodput):F0} | {Share(load):F2} | "
                    + $"{Of(load, turn => OpenLoop.Quantile(turn.Accepted, 0.5)):F1} | {Tail(load):F1} | "
                    + $"{Of(load, turn => turn.Shed.Length / turn.Seconds):F0} | "
                    + $"{Of(load, turn => OpenLoop.Quantile(turn.Shed, 0.5)):F1} | "
                    + $"{Of(load, turn => OpenLoop.Quantile(turn.Shed, 0.99)):F1} | "
                    + $"{turns[load].Sum(turn => turn.Other)} | {turns[load].Max(turn => turn.LatestMilliseconds):F0} "
                    + $"|\n");
        }

        var (goodput, tail) = (Share(Loads[^1]) / peak, Tail(Loads[^1]) / Tail(Loads[0]));
        var others = turns.Values.SelectMany(all => all).Sum(turn => turn.Other);
        return await Report.WriteAsync(
            "Overload",
            $"`run overload`: `{model}/1`, the service on one core and the load on the other. Requests are an open "
                + "loop: they arrive at random (Poisson) moments, whether or not earlier ones are answered, and a time "
                + $"counts from the moment that the request was due. Capacity is the rate of {ClosedClients} clients "
                + $"that wait for their answers, {Medians.Of(capacities):F0} requests/s. Medians of {rounds} "
                + $"rounds of {seconds} s each.{(settings.Length > 0 ? $" `{settings[0]}`." : "")}",
            string.Create(CultureInfo.InvariantCulture, $"""
                | load ÷ capacity | answers/s | ÷ capacity | p50 ms | p99 ms | 429/s | p50 ms | p99 ms | other outcomes | generator's largest delay, ms |
                |---|---|---|---|---|---|---|---|---|---|
                {table.Replace("NaN", "–")}
                - Goodput at {Loads[^1]} times the capacity: {goodput:P0} of the peak; the goal is {LeastGoodput:P0}.
                - p99 of accepted requests at that load: {tail:F1} times that at {Loads[0]}; the goal is {LongestTail}.
                """),
            goodput >= LeastGoodput && tail <= LongestTail && others == 0);
    }

    private static async Task<double> CapacityAsync(
        HttpClient client,
        Func<HttpRequestMessage> makeRequest,
        double seconds)
    {
        var answered = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, ClosedClients).Select(_ => Task.Run(async () =>
        {
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                using var request = makeRequest();
                using var answer = await client.SendAsync(request);
                Interlocked.Add(ref answered, answer.IsSuccessStatusCode ? 1 : 0);
            }
        })));
        return answered / seconds;
    }
}

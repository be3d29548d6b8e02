using System.Globalization;
using System.Text;
using SoftmaxService.HttpBenchmarks;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// Clients of every kind at 70 % of what the service can do, for long, with its memory, threads and handles watched.
/// </summary>
internal static class SoakTrial
{
    private const int Clients = 48;
    private const double Load = 0.7;
    private const int Moments = 40;
    private const double LargestGrowth = 0.05;
    private const int LargestSpread = 16;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);
    private static readonly string[] Models = ["mnist/1", "cifar10/1"];
    private static readonly string[] Samples = ["seven.png", "three.png"];

    public static async Task<int> RunAsync(Options options)
    {
        var duration = TimeSpan.FromMinutes(options.Number("minutes", 30));
        await using var service = await ServiceProcess.StartAsync(processor: null);
        byte[][] images =
        [
            .. Samples.Select(sample => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, sample))),
        ];
        using var measured = new Soak(service.Address, Models, images, seed: 2);
        await measured.RunAsync(WarmUp, Clients);
        var rate = Load * measured.Started / WarmUp.TotalSeconds;

        using var soak = new Soak(service.Address, Models, images, seed: 1);
        var running = soak.RunAsync(duration, Clients, rate);
        List<ProcessResources> moments = [];
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, Task.Delay(duration / Moments));
            moments.Add(service.Resources);
            Console.Error.WriteLine(
                $"{soak.ImagesAnswered} images answered, {moments[^1]}, {soak.Unexpected.Count} unexpected");
        }

        await running;
        var (ran, runs, pending) = (0L, 0L, 0L);
        foreach (var model in Models)
        {
            var batching = await service.BatchingOfAsync(model);
            (ran, runs, pending) = (ran + batching.Images, runs + batching.Runs, pending + batching.Pending);
        }

        var (answered, perhapsRun) = (
            soak.ImagesAnswered + measured.ImagesAnswered,
            soak.ImagesPerhapsRun + measured.ImagesPerhapsRun);
        var addsUp = ran >= answered && ran <= answered + perhapsRun;
        // by then the runtime has compiled its last tier and the heaps have grown to what the load takes
        var settled = moments[(moments.Count / 4)..];
        var (slope, error) = Slope([.. settled.Select(moment => moment.Megabytes)]);
        var growth = slope * (settled.Count - 1) / settled[0].Megabytes;
        var isFlat =
            growth <= LargestGrowth
            && Spread(settled, moment => moment.Threads) <= LargestSpread
            && Spread(settled, moment => moment.Handles) <= Clients * 2;
        string Series(Func<ProcessResources, double> value) =>
            string.Join(", ", moments.Select(moment => value(moment).ToString("F0", CultureInfo.InvariantCulture)));
        return await Report.WriteAsync(
            "Soak",
            $"`run soak --minutes={duration.TotalMinutes:0.##}`: {Clients} clients, seed 1, "
                + $"{string.Join(" and ", Models)}; service and clients share the cores. {rate:F0} requests a second, "
                + $"{Load:P0} of what the same clients get in {WarmUp.TotalSeconds} s when each asks as soon as it is "
                + "answered.",
            string.Create(CultureInfo.InvariantCulture, $"""
                | client | requests | answered | gone before the answer |
                |---|---|---|---|
                {Rows(soak)}
                - Answers for images were compared with those that the same image got alone (label, and probability to 1e-5), sums of probabilities with 1: {soak.Unexpected.Count} differed, failed or came with another status than foreseen.
                - Requests stuck 30 s after the end: {soak.Stuck}; images still waiting or running in the service: {pending}. Errors in its log: {service.LoggedErrors}.
                - Images answered, with the warm-up: {answered}; run: {ran}, in {runs} runs ({ran / (double)Math.Max(runs, 1):F2} a run). Of clients that left, {perhapsRun} may have been run; the counts {(addsUp ? "add up" : "DO NOT ADD UP")}.
                - Resident memory at {moments.Count} even moments, MB: {Series(moment => moment.Megabytes)}. Over the last three quarters a line through it rises by {growth:P1} (± {2 * error * (settled.Count - 1) / settled[0].Megabytes:P1}); at most {LargestGrowth:P0} is flat.
                - Threads: {Series(moment => moment.Threads)}.
                - Handles: {Series(moment => moment.Handles)}.

                {string.Join('\n', soak.Unexpected.Take(10).Select(line => $"- {line}"))}
                """),
            soak is { Stuck: 0, Unexpected.Count: 0 } && pending == 0 && addsUp && service.LoggedErrors == 0 && isFlat);
    }

    private static int Spread(List<ProcessResources> moments, Func<ProcessResources, int> value) =>
        moments.Max(value) - moments.Min(value);

    /// <summary>The least-squares line's rise a moment, and its standard error.</summary>
    private static (double Slope, double Error) Slope(double[] values)
    {
        var (meanX, meanY) = ((values.Length - 1) / 2.0, values.Average());
        var squares = values.Index().Sum(value => Math.Pow(value.Index - meanX, 2));
        var slope = values.Index().Sum(value => (value.Index - meanX) * (value.Item - meanY)) / squares;
        var residual = values.Index().Sum(value => Math.Pow(value.Item - meanY - (slope * (value.Index - meanX)), 2));
        return (slope, Math.Sqrt(residual / Math.Max(1, values.Length - 2) / squares));
    }

    private static StringBuilder Rows(Soak soak)
    {
        var rows = new StringBuilder();
        foreach (var (request, sent, answered, cancelled) in soak.Counts)
        {
            rows.Append(CultureInfo.InvariantCulture, $"| {Describe(request)} | {sent} | {answered} | {cancelled} |\n");
        }

        return rows;
    }

    private static string Describe(SoakRequest request) => request switch
    {
        SoakRequest.One => "one image",
        SoakRequest.Batch => "two to six images in a form, some of them none",
        SoakRequest.CancelledSoon => "one image, cancelled after 0…20 ms",
        SoakRequest.BadImage => "a damaged image, or none",
        SoakRequest.Slow => "one image, a tenth every 10 ms",
        SoakRequest.SlowThenGone => "the same, gone after half",
        SoakRequest.SoftmaxJson => "`/softmax` in JSON",
        SoakRequest.SoftmaxBinary => "`/softmax` in binary",
        _ => "`/v2`, an image in JSON",
    };
}

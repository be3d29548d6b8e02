using System.Globalization;
using System.Text;
using SoftmaxService.HttpBenchmarks;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// Runs clients of every kind for a long time at 70 % of capacity and records memory, threads and handles.
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
        // After the first quarter, the last tier is compiled and the heaps have grown to what the load needs.
        var settled = moments[(moments.Count / 4)..];
        var (slope, error) = Slope([.. settled.Select(moment => moment.Megabytes)]);
        var growth = slope * (settled.Count - 1) / settled[0].Megabytes;
        var growthError = 2 * error * (settled.Count - 1) / settled[0].Megabytes;
        var isFlat =
            growth <= LargestGrowth
            && Spread(settled, moment => moment.Threads) <= LargestSpread
            && Spread(settled, moment => moment.Handles) <= Clients * 2;
        string Series(Func<ProcessResources, double> value) =>
            string.Join(", ", moments.Select(moment => value(moment).ToString("F0", CultureInfo.InvariantCulture)));
        return await Report.WriteAsync(
            "Soak",
            $"`run soak --minutes={duration.TotalMinutes:0.##}`: {Clients} clients, seed 1, "
                + $"{string.Join(" and ", Models)}; service and clients share the cores. {rate:F0} requests/s, which "
                + $"is {Load:P0} of the rate of the same clients in {WarmUp.TotalSeconds} s when each sends a request "
                + "as soon as the previous one is answered.",
            string.Create(CultureInfo.InvariantCulture, $"""
                | client | requests | answered | cancelled |
                |---|---|---|---|
                {Rows(soak)}
                - Unexpected answers: {soak.Unexpected.Count}. Each answer for an image must equal the one that the
                  image got alone (label, and probability to 1e-5), probabilities must sum to 1, and the status must be
                  the expected one.
                - Requests stuck 30 s after the end: {soak.Stuck}; images still queued or running in the service:
                  {pending}. Errors in its log: {service.LoggedErrors}.
                - Images answered, with the warm-up: {answered}. Images run: {ran}, in {runs} runs
                  ({ran / (double)Math.Max(runs, 1):F2} per run). Up to {perhapsRun} more may have run for clients that
                  cancelled; the counts {(addsUp ? "add up" : "DO NOT ADD UP")}.
                - Resident memory at {moments.Count} evenly spaced moments, MB: {Series(moment => moment.Megabytes)}.
                  A line fitted through the last three quarters rises by {growth:P1} (± {growthError:P1}); up to
                  {LargestGrowth:P0} counts as flat.
                - Threads: {Series(moment => moment.Threads)}.
                - Handles: {Series(moment => moment.Handles)}.

                {string.Join('\n', soak.Unexpected.Take(10).Select(line => $"- {line}"))}
                """),
            soak is { Stuck: 0, Unexpected.Count: 0 } && pending == 0 && addsUp && service.LoggedErrors == 0 && isFlat);
    }

    private static int Spread(List<ProcessResources> moments, Func<ProcessResources, int> value) =>
        moments.Max(value) - moments.Min(value);

    /// <summary>The slope of the least-squares line per moment, and its standard error.</summary>
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
        SoakRequest.Batch => "two to six images in a form, some of them invalid",
        SoakRequest.CancelledSoon => "one image, cancelled after 0…20 ms",
        SoakRequest.BadImage => "a damaged image, or not an image",
        SoakRequest.Slow => "one image, a tenth every 10 ms",
        SoakRequest.SlowThenGone => "the same, cancelled after half",
        SoakRequest.SoftmaxJson => "`/softmax` in JSON",
        SoakRequest.SoftmaxBinary => "`/softmax` in binary",
        _ => "`/v2`, an image in JSON",
    };
}

using System.Globalization;
using SoftmaxService.HttpBenchmarks;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>The soak against the service in a process of its own, with its memory watched.</summary>
internal static class SoakTrial
{
    private const int Clients = 48;
    private static readonly string[] Models = ["mnist/1", "cifar10/1"];
    private static readonly string[] Samples = ["seven.png", "three.png"];

    public static async Task<int> RunAsync(Options options)
    {
        var duration = TimeSpan.FromMinutes(options.Number("minutes", 10));
        await using var service = await ServiceProcess.StartAsync(processor: null);
        var images = Samples.Select(sample => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, sample))).ToArray();
        using var soak = new Soak(service.Address, Models, images, seed: 1);
        var running = soak.RunAsync(duration, Clients);

        var megabytes = new List<double>();
        for (var interval = duration / 20; !running.IsCompleted;)
        {
            await Task.WhenAny(running, Task.Delay(interval));
            megabytes.Add(service.Resources.Megabytes);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{soak.ImagesAnswered} images answered, {service.Resources.Megabytes:F0} MB, {soak.Unexpected.Count} unexpected"));
        }

        await running;
        var (ran, runs, pending) = (0L, 0L, 0L);
        foreach (var model in Models)
        {
            var batching = await service.BatchingOfAsync(model);
            (ran, runs, pending) = (ran + batching.Images, runs + batching.Runs, pending + batching.Pending);
        }

        var addsUp = ran >= soak.ImagesAnswered && ran <= soak.ImagesAnswered + soak.ImagesPerhapsRun;
        var passed = soak is { Stuck: 0, Unexpected.Count: 0 } && pending == 0 && addsUp && service.LoggedErrors == 0;
        await Results.ShowAsync(
            string.Create(CultureInfo.InvariantCulture, $"""
                # Soak

                {Results.Machine}. Written by `bench/http/run soak --write`: {duration.TotalMinutes:0.##} minutes, {Clients} clients, seed 1, {string.Join(" and ", Models)}; service and clients share the cores.

                | client | requests | answered | gone before the answer |
                |---|---|---|---|
                {string.Join('\n', soak.Counts.Select(count => $"| {Describe(count.Request)} | {count.Sent} | {count.Answered} | {count.Cancelled} |"))}

                - Every answer was compared with the one that the same image got alone (label, and probability to 1e-5): {soak.Unexpected.Count} differed, failed or came with another status than foreseen.
                - Requests stuck 30 s after the end: {soak.Stuck}; images still waiting or running in the service: {pending}.
                - Errors in the service's log: {service.LoggedErrors}.
                - Images answered: {soak.ImagesAnswered}; images run: {ran}, in {runs} runs ({ran / (double)Math.Max(runs, 1):F2} a run). Of clients that left, {soak.ImagesPerhapsRun} images may have been run; the counts {(addsUp ? "add up" : "DO NOT ADD UP")}.
                - Resident memory, MB, at twenty even moments: {string.Join(", ", megabytes.Select(value => value.ToString("F0", CultureInfo.InvariantCulture)))}.

                {(passed ? "Passed." : "FAILED.")}
                {string.Join('\n', soak.Unexpected.Take(10).Select(line => $"- {line}"))}
                """),
            "soak.md",
            options.Write);
        return passed ? 0 : 1;
    }

    private static string Describe(SoakRequest request) => request switch
    {
        SoakRequest.One => "one image",
        SoakRequest.Batch => "two to six images in a form, some of them none",
        SoakRequest.CancelledSoon => "one image, cancelled after 0…20 ms",
        SoakRequest.BadImage => "a damaged image, or none",
        SoakRequest.Slow => "one image, a tenth every 10 ms",
        _ => "the same, gone after half",
    };
}

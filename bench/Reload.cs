using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Benchmarks;

/// <summary>
/// Checks that memory is freed: a model is replaced 200 times while it answers, and the process's resident memory is
/// read after each swap.
/// </summary>
internal static class Reload
{
    /// <summary>The command of a process that runs one series and prints JSON.</summary>
    public const string SeriesCommand = "reload-series";

    private const int Swaps = 200;

    // Enough for the runtime to compile its last tier and for the allocators to reserve what a swap needs.
    private const int WarmUpSwaps = 200;

    private const int RequestsBetweenSwaps = 8;
    private const double Margin = 1.02;

    private static readonly string[] Models = ["mnist", "cifar10"];

    /// <param name="options"><c>--write</c> writes bench/results/reload.md.</param>
    public static int Run(string[] options)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var table = new StringBuilder("""
            | model | median RSS of swaps 1–50, MB | 151–200, MB | ratio | lowest–highest, MB | managed heap, first and last, MB | versions freed | left loaded | still reachable | ms per swap | |
            |---|---|---|---|---|---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        var shortfalls = 0;
        foreach (var model in Models)
        {
            var series = InOwnProcess(model);
            var (early, late) = (Medians.Of(series.Resident[..50]), Medians.Of(series.Resident[^50..]));
            var isMet = late <= early * Margin && series is { Freed: WarmUpSwaps + Swaps, Loaded: 1, Reachable: <= 1 };
            shortfalls += isMet ? 0 : 1;
            table.Append(
                $"| {model}/1 | {early:0.0} | {late:0.0} | {late / early:0.000} | "
                    + $"{series.Resident.Min():0.0}–{series.Resident.Max():0.0} | {series.Managed[0]:0.0}, "
                    + $"{series.Managed[^1]:0.0} | {series.Freed} of {WarmUpSwaps + Swaps} | {series.Loaded} | "
                    + $"{series.Reachable} | {series.Milliseconds / (WarmUpSwaps + Swaps):0.0} | "
                    + $"{(isMet ? "pass" : "falls short")} |\n");
        }

        Console.Write(table);
        if (options.Contains("--write"))
        {
            Write(table);
        }

        return shortfalls;
    }

    /// <summary>Runs in one process: replaces a model again and again and prints the measurements.</summary>
    public static int RunSeries(string[] options)
    {
        var root = Environment.GetEnvironmentVariable("BENCH_ROOT") ?? Directory.GetCurrentDirectory();
        var source = Path.Combine(root, "models", options[0], "1");
        var image = File.ReadAllBytes(Path.Combine(root, "samples", "seven.png"));
        var onnx = File.ReadAllBytes(Path.Combine(source, ClassifierModel.OnnxFileName));
        var folder = Directory.CreateTempSubdirectory("softmax-reload-").FullName;
        try
        {
            var version = Directory.CreateDirectory(Path.Combine(folder, "model", "1")).FullName;
            var file = Path.Combine(version, ClassifierModel.OnnxFileName);
            File.Copy(Path.Combine(source, ModelManifest.FileName), Path.Combine(version, ModelManifest.FileName));
            File.WriteAllBytes(file, onnx);
            using var repository = new ModelRepository(
                new RepositorySettings { Folder = folder, SettleTime = TimeSpan.Zero });
            repository.LoadAll();
            Console.WriteLine(JsonSerializer.Serialize(Swap(repository, file, onnx, image)));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Series Swap(ModelRepository repository, string file, byte[] onnx, byte[] image)
    {
        var (resident, managed, freed) = (new double[Swaps], new double[Swaps], 0);
        var replaced = new List<WeakReference>();
        var clock = new Stopwatch();
        for (var swap = -WarmUpSwaps; swap < Swaps; swap++)
        {
            // A request that begins before the swap and ends after it: the old version is freed with its last lease,
            // not when it leaves the catalog.
            using (var lease = repository.Acquire(null, null))
            {
                clock.Start();
                File.WriteAllBytes(file, onnx);
                File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddDays(WarmUpSwaps + swap));
                repository.Scan();
                repository.LoadDue();
                clock.Stop();
                replaced.Add(new WeakReference(lease.Model));
                if (ReferenceEquals(repository.Current.Models[0], lease.Model) || repository.LoadedCount != 2)
                {
                    throw new InvalidOperationException("The new version was not loaded beside the leased one.");
                }

                ImageClassifier.Classify(lease.Model, image, new ClassificationOptions());
            }

            freed += repository.LoadedCount == 1 ? 1 : 0;
            Parallel.For(0, RequestsBetweenSwaps, _ =>
            {
                using var lease = repository.Acquire(null, null);
                ImageClassifier.Classify(lease.Model, image, new ClassificationOptions());
            });
            if (swap >= 0)
            {
                (resident[swap], managed[swap]) = (ResidentMegabytes(), GC.GetGCMemoryInfo().TotalCommittedBytes / 1e6);
            }
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return new Series(
            resident,
            managed,
            freed,
            repository.LoadedCount,
            replaced.Count(version => version.IsAlive),
            clock.Elapsed.TotalMilliseconds);
    }

    private static double ResidentMegabytes()
    {
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64 / 1e6;
    }

    private static Series InOwnProcess(string model)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            [Environment.GetCommandLineArgs()[0], SeriesCommand, model])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var json = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonSerializer.Deserialize<Series>(json)!;
    }

    private static void Write(StringBuilder table) => File.WriteAllText(
        Path.Combine(Environment.GetEnvironmentVariable("BENCH_RESULTS") ?? "results", "reload.md"), Markdown.Wrap($"""
        # Memory over {Swaps} reloads

        {Report.Cpu()}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription},
        {RuntimeInformation.OSDescription}, {DateTime.UtcNow:yyyy-MM-dd}. Written by `bench/reload --write`.

        Each row is one process. It loads a shipped model and replaces it {WarmUpSwaps} times to warm up and {Swaps}
        times measured. For each swap it leases the model and rewrites its `model.onnx`; the repository loads the new
        version beside the old one and swaps; the old version runs once more; the lease is returned, which frees it;
        and {RequestsBetweenSwaps} images go to the new version on all cores. Resident memory (RSS) is read after each
        swap, without a collection or a trim first. The goals: the median of the last 50 swaps is at most
        {Margin:0.00} times that of the first 50, every replaced version is freed, and none is reachable after a
        collection at the end (except the last one, which a register may still hold).

        {table}
        """));

    private sealed record Series(
        double[] Resident,
        double[] Managed,
        int Freed,
        int Loaded,
        int Reachable,
        double Milliseconds);
}

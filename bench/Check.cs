using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SoftmaxService.Benchmarks;

/// <summary>The quick race: every goal, its measured value, and whether it is met.</summary>
internal static class Check
{
    /// <summary>The command of a process that runs one race over the chosen shapes and prints JSON.</summary>
    public const string RaceCommand = "race";

    private const int DefaultProcessCount = 5;
    private const int DefaultRoundCount = 15;

    /// <param name="options">
    /// Shapes such as <c>64x1000</c>; all by default. <c>--processes=N</c>; <c>--rounds=N</c>; <c>--write</c> writes
    /// bench/results.
    /// </param>
    public static int Run(string[] options)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var timesOfShape = Chosen(options).ToDictionary(goals => goals.Shape, _ => new Times());
        for (var process = 0; process < Number(options, "--processes=", DefaultProcessCount); process++)
        {
            foreach (var (shape, rounds) in RaceInOwnProcess(options))
            {
                timesOfShape[shape].Add(rounds);
            }
        }

        var report = new Report();
        foreach (var goals in Chosen(options))
        {
            report.Add(goals, timesOfShape[goals.Shape]);
        }

        if (options.Contains("--write"))
        {
            report.Write();
        }

        return report.Shortfalls;
    }

    /// <summary>Runs in one process: races the chosen shapes and prints all times.</summary>
    public static int RunRace(string[] options)
    {
        OneProcessor.Pin();
        using (var shape = new Shape(4, 500))
        using (var onnx = new OnnxSoftmax(shape))
        {
            Race.WarmUp(Contestants(shape, onnx));
        }

        var times = new Dictionary<string, Dictionary<string, double[]>>();
        foreach (var goals in Chosen(options))
        {
            using var shape = new Shape(goals.RowCount, goals.ClassCount);
            using var onnx = new OnnxSoftmax(shape);
            times[goals.Shape] = Race.Run(Contestants(shape, onnx), Number(options, "--rounds=", DefaultRoundCount));
        }

        Console.WriteLine(JsonSerializer.Serialize(times));
        return 0;
    }

    private static Dictionary<string, Dictionary<string, double[]>> RaceInOwnProcess(string[] options)
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                Environment.ProcessPath!,
                [Environment.GetCommandLineArgs()[0], RaceCommand, .. options])
            {
                RedirectStandardOutput = true,
            })!;
        var json = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, double[]>>>(json)!;
    }

    private static IEnumerable<Goals> Chosen(string[] options) =>
        Goals.All.Where(goals => options.All(option => option.StartsWith('-')) || options.Contains(goals.Shape));

    private static int Number(string[] options, string name, int otherwise) =>
        options
            .Where(option => option.StartsWith(name))
            .Select(option => int.Parse(option[name.Length..]))
            .FirstOrDefault(otherwise);

    private static Contestant[] Contestants(Shape shape, OnnxSoftmax onnx) =>
        [
            new Ours(shape),
            new TensorPrimitivesDivideSoftMax(shape),
            new TensorPrimitivesSoftMax(shape),
            new SafeComposition(shape),
            onnx,
            new ScalarThreePass(shape),
            new VectorRead(shape),
            new MemoryCopy(shape),
            new ReadAndNonTemporalCopy(shape),
        ];
}

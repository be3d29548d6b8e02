using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using SoftmaxService.Inference.Numerics;

namespace SoftmaxService.Benchmarks;

/// <summary>Prints the goals as they are measured, and keeps the tables of the results file.</summary>
internal sealed class Report
{
    private const string Header = "| rows × K | against | goal | measured | |\n|---|---|---|---|---|";

    private readonly StringBuilder _goals = new(Header + "\n");
    private readonly StringBuilder _times = new();

    public Report() => Console.WriteLine(Header);

    public int Shortfalls { get; private set; }

    public void Add(Shape shape, Goals goals, IReadOnlyList<Contestant> contestants, Race race)
    {
        var ours = contestants[0].Name;
        Contestant Find<T>() => contestants.First(contestant => contestant is T);
        void AtLeast<T>(double goal)
        {
            var ratio = race.Ratio(Find<T>().Name, ours);
            Line(shape, Find<T>().Name, $"≥ {goal}", $"{ratio:0.00}", ratio >= goal);
        }

        AtLeast<TensorPrimitivesDivideSoftMax>(goals.DivideSoftMax);
        AtLeast<TensorPrimitivesSoftMax>(goals.SoftMax);
        AtLeast<SafeComposition>(goals.Safe);
        AtLeast<OnnxSoftmax>(goals.Onnx);

        var (measured, unit) = goals.Bound.Kind switch
        {
            BoundKind.NanosecondsACall => (race.Fastest(ours), "ns a call"),
            BoundKind.NanosecondsAnElement => (race.Fastest(ours) / shape.ElementCount, "ns an element"),
            BoundKind.TimesMemoryCopy => (race.Ratio(ours, Find<MemoryCopy>().Name), "× MemoryCopy"),
            _ => (race.Ratio(ours, Find<ReadAndNonTemporalCopy>().Name), "× (read + NT copy)"),
        };
        Line(shape, "the machine", $"≤ {goals.Bound.Value} {unit}", $"{measured:0.000}", measured <= goals.Bound.Value);

        AddTimes(shape, contestants, race);
    }

    public void Write()
    {
        var cpu = Cpu();
        var folder = Path.Combine(Environment.GetEnvironmentVariable("BENCH_RESULTS") ?? "results");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, string.Concat(cpu.Select(letter => char.IsLetterOrDigit(letter) ? letter : '-')).Trim('-') + ".md");
        File.WriteAllText(file, $"""
            # {cpu}

            {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSArchitecture}, {SoftmaxKernel.Best}, {Environment.ProcessorCount} cores, one thread, {DateTime.UtcNow:yyyy-MM-dd}.
            Written by `bench/check --write`; the method is in `bench/README.md`.

            ## Goals

            {_goals}
            ## Times

            The fastest turn of each contestant, and its median ratio to ours in the same round.
            {_times}
            ## Accuracy

            {Accuracy.Table()}
            """.ReplaceLineEndings("\n"));
    }

    private static string Cpu()
    {
        const string Key = "model name";
        var line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Key)) : null;
        return (line?[(line.IndexOf(':') + 1)..] ?? RuntimeInformation.ProcessArchitecture.ToString()).Trim()
            + (Vector512.IsHardwareAccelerated ? " with AVX-512" : "");
    }

    private void AddTimes(Shape shape, IReadOnlyList<Contestant> contestants, Race race)
    {
        _times.Append($"\n### {shape}\n\n| | ns a call | ns an element | time / ours |\n|---|---|---|---|\n");
        foreach (var contestant in contestants)
        {
            var time = race.Fastest(contestant.Name);
            _times.Append($"| {contestant.Name} | {time:0.0} | {time / shape.ElementCount:0.000} | {race.Ratio(contestant.Name, contestants[0].Name):0.00} |\n");
        }
    }

    private void Line(Shape shape, string against, string goal, string measured, bool passes)
    {
        var line = $"| {shape} | {against} | {goal} | {measured} | {(passes ? "pass" : "falls short")} |";
        Console.WriteLine(line);
        _goals.Append(line).Append('\n');
        Shortfalls += passes ? 0 : 1;
    }
}

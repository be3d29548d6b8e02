using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using SoftmaxService.Numerics;

namespace SoftmaxService.Benchmarks;

/// <summary>Prints goals as they are measured and builds the tables of the results file.</summary>
internal sealed class Report
{
    private const string Header = "| rows × K | against | goal | measured | |\n|---|---|---|---|---|";

    private readonly StringBuilder _goals = new(Header + "\n");
    private readonly StringBuilder _times = new();

    public Report() => Console.WriteLine(Header);

    public int Shortfalls { get; private set; }

    public void Add(Goals goals, Times times)
    {
        void AtLeast(string peer, double goal)
        {
            var ratio = times.Ratio(peer, Ours.Title);
            Line(goals, peer, $"≥ {goal}", $"{ratio:0.00}", ratio >= goal);
        }

        AtLeast(TensorPrimitivesDivideSoftMax.Title, goals.DivideSoftMax);
        AtLeast(TensorPrimitivesSoftMax.Title, goals.SoftMax);
        AtLeast(SafeComposition.Title, goals.Safe);
        AtLeast(OnnxSoftmax.Title, goals.Onnx);

        var (measured, unit) = goals.Bound.Kind switch
        {
            BoundKind.NanosecondsACall => (times.Fastest(Ours.Title), "ns per call"),
            BoundKind.NanosecondsAnElement => (times.Fastest(Ours.Title) / goals.ElementCount, "ns per element"),
            BoundKind.TimesMemoryCopy => (times.Ratio(Ours.Title, MemoryCopy.Title), "× MemoryCopy"),
            _ => (times.Ratio(Ours.Title, ReadAndNonTemporalCopy.Title), "× (read + NT copy)"),
        };
        Line(goals, "the machine", $"≤ {goals.Bound.Value} {unit}", $"{measured:0.000}", measured <= goals.Bound.Value);

        AddTimes(goals, times);
    }

    public void Write()
    {
        var cpu = Cpu();
        var folder = Path.Combine(Environment.GetEnvironmentVariable("BENCH_RESULTS") ?? "results");
        Directory.CreateDirectory(folder);
        var name = string.Concat(cpu.Select(letter => char.IsLetterOrDigit(letter) ? letter : '-')).Trim('-');
        File.WriteAllText(Path.Combine(folder, $"{name}.md"), Markdown.Wrap($"""
            # {cpu}

            {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSArchitecture}, {SoftmaxKernel.Best},
            {Environment.ProcessorCount} cores, one thread, {DateTime.UtcNow:yyyy-MM-dd}.
            Written by `bench/check --write`; the method is in `bench/README.md`.

            ## Goals

            {_goals}
            ## Times

            The fastest turn of each contestant, and the ratio of its median time to ours, each from its best process.
            {_times}
            ## Accuracy

            {Accuracy.Table()}
            """));
    }

    public static string Cpu() => Machine.Cpu() + (Vector512.IsHardwareAccelerated ? " with AVX-512" : "");

    private void AddTimes(Goals shape, Times times)
    {
        _times.Append($"\n### {shape}\n\n| | ns per call | ns per element | time / ours |\n|---|---|---|---|\n");
        foreach (var contestant in times.Contestants)
        {
            var time = times.Fastest(contestant);
            _times.Append(
                $"| {contestant} | {time:0.0} | {time / shape.ElementCount:0.000} | "
                    + $"{times.Ratio(contestant, Ours.Title):0.00} |\n");
        }
    }

    private void Line(Goals shape, string against, string goal, string measured, bool passes)
    {
        var line = $"| {shape} | {against} | {goal} | {measured} | {(passes ? "pass" : "falls short")} |";
        Console.WriteLine(line);
        _goals.Append(line).Append('\n');
        Shortfalls += passes ? 0 : 1;
    }
}

using System.Globalization;

namespace SoftmaxService.Benchmarks;

/// <summary>The quick race: every goal, what was measured, and whether it is met.</summary>
internal static class Check
{
    private const int DefaultRoundCount = 31;

    /// <param name="options">Shapes such as <c>64x1000</c>; none means all. <c>--rounds=N</c>; <c>--write</c> writes bench/results.</param>
    public static int Run(string[] options)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var rounds = options.Where(option => option.StartsWith("--rounds=")).Select(option => int.Parse(option[9..])).FirstOrDefault(DefaultRoundCount);
        var chosen = options.Where(option => !option.StartsWith('-')).ToHashSet();
        OneProcessor.Pin();
        var report = new Report();
        using (var shape = new Shape(4, 500))
        using (var onnx = new OnnxSoftmax(shape))
            Race.WarmUp(Contestants(shape, onnx));

        foreach (var goals in Goals.All)
        {
            if (chosen.Count > 0 && !chosen.Contains($"{goals.RowCount}x{goals.ClassCount}"))
                continue;

            using var shape = new Shape(goals.RowCount, goals.ClassCount);
            using var onnx = new OnnxSoftmax(shape);
            var contestants = Contestants(shape, onnx);
            report.Add(shape, goals, contestants, Race.Run(contestants, rounds));
        }

        if (options.Contains("--write"))
            report.Write();
        return report.Shortfalls;
    }

    private static Contestant[] Contestants(Shape shape, OnnxSoftmax onnx) =>
    [
        new Ours(shape), new TensorPrimitivesDivideSoftMax(shape), new TensorPrimitivesSoftMax(shape), new SafeComposition(shape),
        onnx, new ScalarThreePass(shape), new VectorRead(shape), new MemoryCopy(shape), new ReadAndNonTemporalCopy(shape),
    ];
}

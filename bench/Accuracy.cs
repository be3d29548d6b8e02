using System.Numerics.Tensors;
using System.Text;
using SoftmaxService.Numerics;

namespace SoftmaxService.Benchmarks;

/// <summary>The contestants' largest errors against the definition in double precision.</summary>
internal static class Accuracy
{
    private delegate void Way(ReadOnlySpan<float> logits, Span<float> probabilities, float temperature);

    private static readonly (string Name, int Count, float Low, float High, float Temperature)[] Sets =
    [
        ("U[−10, 10], K = 1000, T = 1", 1000, -10, 10, 1),
        ("U[−10, 10], K = 1000, T = 0.01", 1000, -10, 10, 0.01f),
        ("±1e4, K = 1000, T = 0.01", 1000, -1e4f, 1e4f, 0.01f),
        ("U[−10, 10], K = 1000, T = 100", 1000, -10, 10, 100),
        ("U[−106, 0], K = 1000, T = 1: denormal results", 1000, -106, 0, 1),
        ("U[−10, 10], K = 16 000 000, T = 1", 16_000_000, -10, 10, 1),
    ];

    private static readonly (string Name, Way Compute)[] Ways =
    [
        ("ours", Softmax.Compute),
        (
            "TensorPrimitives",
            (logits, row, temperature) =>
            {
                TensorPrimitives.Divide(logits, temperature, row);
                TensorPrimitives.SoftMax(row, row);
            }),
        ("TensorPrimitives, overflow-safe", SafeComposition.Compute),
        ("ONNX Runtime", Onnx),
        ("scalar MathF.Exp", ScalarThreePass.Compute),
    ];

    public static string Table()
    {
        var table = new StringBuilder(
            "The largest error of a probability in units in the last place, and |Σp − 1|: the worst of 20 rows (1 row "
                + "for 16 million).\n\n|");
        foreach (var (name, _) in Ways)
        {
            table.Append($" | {name}");
        }

        table.Append(" |\n|---|").Insert(table.Length, "---|", Ways.Length).Append('\n');
        foreach (var set in Sets)
        {
            table.Append($"| {set.Name}");
            foreach (var (_, compute) in Ways)
            {
                var (ulps, sum) = Measure(set.Count, set.Low, set.High, set.Temperature, compute);
                table.Append(
                    double.IsNaN(ulps) ? " | NaN" : FormattableString.Invariant($" | {ulps:G3} ULP, {sum:0.0e+0}"));
            }

            table.Append(" |\n");
        }

        return table.ToString();
    }

    private static (double Ulps, double Sum) Measure(int count, float low, float high, float temperature, Way compute)
    {
        var random = new Random(7);
        var (largest, sumError) = (0.0, 0.0);
        var (logits, actual) = (new float[count], new float[count]);
        for (var row = 0; row < (count > 100_000 ? 1 : 20); row++)
        {
            foreach (ref var logit in logits.AsSpan())
            {
                logit = low + (high - low) * random.NextSingle();
            }

            compute(logits, actual, temperature);

            double maximum = TensorPrimitives.Max<float>(logits);
            var total = 0.0;
            foreach (var logit in logits)
            {
                total += Math.Exp((logit - maximum) / temperature);
            }

            var sum = 0.0;
            for (var i = 0; i < count; i++)
            {
                var expected = Math.Exp((logits[i] - maximum) / temperature) / total;
                var exponent = expected == 0 ? -126 : Math.Max(-126, Math.ILogB(expected));
                largest = Math.Max(largest, Math.Abs(actual[i] - expected) / Math.ScaleB(1, exponent - 23));
                sum += actual[i];
            }

            sumError = Math.Max(sumError, Math.Abs(sum - 1));
        }

        return (largest, sumError);
    }

    /// <summary>The node has no temperature, so the logits are divided first.</summary>
    private static void Onnx(ReadOnlySpan<float> logits, Span<float> probabilities, float temperature)
    {
        using var shape = new Shape(1, logits.Length);
        TensorPrimitives.Divide(logits, temperature, shape.Logits);
        using var session = new OnnxSoftmax(shape);
        session.Run(1);
        shape.Probabilities.CopyTo(probabilities);
    }
}

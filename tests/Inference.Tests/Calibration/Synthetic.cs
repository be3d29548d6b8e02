using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference.Tests.Calibration;

internal static class Synthetic
{
    /// <summary>
    /// Rows of normally distributed logits. Labels are drawn from their softmax, then the logits are multiplied by a
    /// factor, which is the best T.
    /// </summary>
    public static LabelledLogits Calibrated(int seed, int count, int classCount, double factor = 1, double spread = 2)
    {
        var random = new Random(seed);
        var logits = new float[count * classCount];
        var labels = new int[count];
        var row = new double[classCount];
        for (var i = 0; i < count; i++)
        {
            for (var k = 0; k < classCount; k++)
            {
                row[k] = spread * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()))
                    * Math.Cos(2 * Math.PI * random.NextDouble());
            }

            var u = random.NextDouble() * row.Sum(Math.Exp);
            while (labels[i] < classCount - 1 && (u -= Math.Exp(row[labels[i]])) > 0)
            {
                labels[i]++;
            }

            for (var k = 0; k < classCount; k++)
            {
                logits[(i * classCount) + k] = (float)(factor * row[k]);
            }
        }

        return new LabelledLogits(logits, labels, classCount);
    }

    public static LabelledLogits Rows(params (float[] Logits, int Label)[] rows) =>
        new(
            rows.SelectMany(row => row.Logits).ToArray(), rows.Select(row => row.Label).ToArray(),
            rows[0].Logits.Length);

    /// <summary>Rows whose logits are the logarithms of the probabilities.</summary>
    public static LabelledLogits OfProbabilities(params (double[] Probabilities, int Label)[] rows) =>
        Rows([.. rows.Select(row => (Array.ConvertAll(row.Probabilities, p => (float)Math.Log(p)), row.Label))]);

    /// <summary>Softmax in double precision, by its definition.</summary>
    public static double[] Softmax(ReadOnlySpan<float> logits, double temperature)
    {
        var largest = logits.ToArray().Max();
        var weights = logits.ToArray().Select(z => Math.Exp(((double)z - largest) / temperature)).ToArray();
        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    public static double Nll(LabelledLogits data, double temperature) =>
        Enumerable.Range(0, data.Count).Average(row =>
            -Math.Log(Softmax(data.Row(row), temperature)[data.LabelOf(row)]));
}

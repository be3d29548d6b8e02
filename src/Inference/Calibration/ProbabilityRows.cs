using System.Globalization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Calibration;

/// <summary>Recognizes rows of probabilities, checks them, and turns them into logits.</summary>
internal static class ProbabilityRows
{
    // In bfloat16 and in 8 bits, 1 and 0 have an error of up to 2⁻⁸.
    private const float RangeTolerance = 1f / 256;

    // Numbers with two decimals are each off by up to 0.005. Over many classes the errors cancel.
    private const double SumTolerance = 0.01;
    private const double SumTolerancePerClass = 0.005;
    private const int MaxTolerances = 10;
    private const int MaxSampledRows = 100;

    // Fewer rows may have the same sum by chance.
    private const int MinRows = 3;

    // Half a step of 8-bit probabilities, the coarsest that models produce.
    private const double LargestBound = 1.0 / 512;

    /// <summary>Whether every row is in 0…1 and sums to 1, which does not happen to logits by chance.</summary>
    public static bool AreAll(LabelledLogits data)
    {
        var slack = SlackOf(data, OutputKind.Probabilities);
        for (var row = 0; row < data.Count; row++)
        {
            if (FaultOf(data.Row(row), slack) is not null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Says why rows that are given as logits may be something else; null if they look like logits.
    /// </summary>
    public static string? DoubtOf(LabelledLogits data)
    {
        if (AreAll(data))
        {
            return CalibrationWarnings.LookLikeProbabilities;
        }

        var (lowest, highest) = (float.PositiveInfinity, float.NegativeInfinity);
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var row = 0; row < data.Count; row++)
        {
            var sum = 0.0;
            foreach (var number in data.Row(row))
            {
                (lowest, highest, sum) = (Math.Min(lowest, number), Math.Max(highest, number), sum + number);
            }

            (least, most) = (Math.Min(least, sum), Math.Max(most, sum));
        }

        return lowest < 0 || lowest == highest || data.Count < MinRows ? null
            : most - least <= SumTolerance * most ? string.Create(
                CultureInfo.InvariantCulture,
                $"Every row sums to {most:G4}: the rows look like probabilities times {most:G4}. Divide them by it and "
                + $"say that their kind is probabilities, or the temperature means nothing.")
            : highest <= 1 ? "Every number lies in 0…1 though the rows do not sum to 1. If each is a probability of "
                + "its own, as a sigmoid gives, the temperature means nothing."
            : null;
    }

    /// <summary>Checks that the rows are of the given kind, and takes logarithms.</summary>
    public static LabelledLogits ToLogits(LabelledLogits data, OutputKind kind)
    {
        var probabilities = new float[data.ClassCount];
        var slack = SlackOf(data, kind);
        for (var row = 0; row < data.Count; row++)
        {
            if (FaultOf(Probabilities(data.Row(row), kind, probabilities), slack) is { } fault)
            {
                throw new InferenceException(
                    InferenceError.LabelledDataInvalid,
                    $"Row {row} (the first is 0) holds no {NameOf(kind)}: {fault}. {Requirement(kind)}");
            }
        }

        var bound = LogarithmOfZero(data, kind);
        var logits = new float[data.Count * data.ClassCount];
        var impossible = 0;
        for (var row = 0; row < data.Count; row++)
        {
            var destination = logits.AsSpan(row * data.ClassCount, data.ClassCount);
            for (var i = 0; i < destination.Length; i++)
            {
                var logarithm = Logarithm(data.Row(row)[i], kind);
                var isZero = double.IsNegativeInfinity(logarithm);
                impossible += isZero && i == data.LabelOf(row) ? 1 : 0;
                destination[i] = (float)(isZero ? bound : logarithm);
            }
        }

        return data.WithRows(logits, impossible == 0 ? [] : [Warning(impossible, data.Count, bound)]);
    }

    private static string Warning(int impossible, int count, double bound) => string.Create(
        CultureInfo.InvariantCulture,
        $"{impossible} of {count} rows give their right class a probability of 0, which is taken for "
        + $"{Math.Exp(bound):G2}, half the smallest precision that the rows show; the temperature depends on it.");

    private static string NameOf(OutputKind kind) =>
        kind == OutputKind.Probabilities ? "probabilities" : "log-probabilities";

    private static string Requirement(OutputKind kind) => kind == OutputKind.Probabilities
        ? "Probabilities are from 0 to 1 and sum to 1; numbers before softmax are logits."
        : "Log-probabilities are natural logarithms of numbers from 0 to 1 that sum to 1; numbers before softmax are "
            + "logits.";

    private static ReadOnlySpan<float> Probabilities(ReadOnlySpan<float> row, OutputKind kind, float[] probabilities)
    {
        if (kind == OutputKind.Probabilities)
        {
            return row;
        }

        for (var i = 0; i < row.Length; i++)
        {
            probabilities[i] = MathF.Exp(row[i]);
        }

        return probabilities;
    }

    /// <summary>
    /// How much further from 1 the rows may sum because their numbers are steps of an 8-bit output, each off by up to
    /// half a step.
    /// </summary>
    private static double SlackOf(LabelledLogits data, OutputKind kind)
    {
        if (kind != OutputKind.Probabilities)
        {
            return 0;
        }

        // A few rows show the step as well as all do.
        float[][] rows =
            [.. Enumerable.Range(0, Math.Min(data.Count, MaxSampledRows)).Select(row => data.Row(row).ToArray())];
        return QuantizationGrid.StepOf(QuantizationGrid.LevelsOf(rows)) is { } step ? data.ClassCount * step / 2 : 0;
    }

    private static string? FaultOf(ReadOnlySpan<float> row, double slack)
    {
        var sum = 0.0;
        for (var i = 0; i < row.Length; i++)
        {
            if (!(row[i] >= -RangeTolerance && row[i] <= 1 + RangeTolerance))
            {
                return string.Create(CultureInfo.InvariantCulture, $"the probability of class {i} is {row[i]}");
            }

            sum += row[i];
        }

        return Math.Abs(sum - 1) <= SumTolerance + (SumTolerancePerClass * Math.Min(row.Length, MaxTolerances)) + slack
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"their probabilities sum to {sum:G4}");
    }

    /// <summary>ln p; −∞ for 0 and for numbers just below it.</summary>
    private static double Logarithm(float score, OutputKind kind) => kind == OutputKind.Probabilities
        ? Math.Log(Math.Clamp(score, 0f, 1f))
        : Math.Min(score, 0f);

    private static double LogarithmOfZero(LabelledLogits data, OutputKind kind)
    {
        var smallest = double.PositiveInfinity;
        for (var row = 0; row < data.Count; row++)
        {
            foreach (var score in data.Row(row))
            {
                var logarithm = Logarithm(score, kind);
                smallest = double.IsNegativeInfinity(logarithm) ? smallest : Math.Min(smallest, logarithm);
            }
        }

        return Math.Min(smallest - Math.Log(2), Math.Log(LargestBound));
    }
}

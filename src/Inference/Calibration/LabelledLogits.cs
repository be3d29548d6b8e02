using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// The data of a calibration: n rows of K logits, and the right class of each. A logit may be −∞, which gives its class
/// the probability 0, as long as another in its row is finite.
/// </summary>
public sealed class LabelledLogits
{
    private readonly ReadOnlyMemory<float> _logits;
    private readonly ReadOnlyMemory<int> _labels;

    /// <summary>Checks the data, keeps it by reference, and relies on it not to change.</summary>
    /// <param name="logits">The rows one after the other, n × K logits.</param>
    /// <param name="labels">The right class of each row, 0…K−1.</param>
    /// <param name="classCount">K, at least 2.</param>
    /// <exception cref="InferenceException">
    /// There are no rows, fewer than two classes, or not K logits per label; a label is not in 0…K−1; or a row holds
    /// NaN or +∞, or nothing but −∞. The message names the row, counted from 0.
    /// </exception>
    public LabelledLogits(ReadOnlyMemory<float> logits, ReadOnlyMemory<int> labels, int classCount)
    {
        if (classCount < 2)
        {
            throw Invalid($"A row has {classCount} classes; calibration needs at least 2.");
        }

        if (labels.IsEmpty)
        {
            throw Invalid("There are no labelled rows; calibration needs at least 1.");
        }

        if ((long)labels.Length * classCount != logits.Length)
        {
            throw Invalid(
                $"{labels.Length} labels need {(long)labels.Length * classCount} logits, {classCount} for each; there "
                + $"are {logits.Length}.");
        }

        (_logits, _labels, ClassCount) = (logits, labels, classCount);
        for (var row = 0; row < Count; row++)
        {
            if (FaultOf(Row(row), LabelOf(row)) is { } fault)
            {
                throw Invalid($"Row {row} (the first is 0): {fault}");
            }
        }
    }

    /// <summary>What had to be assumed about the rows, one sentence each; may be empty.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>
    /// Turns a model's scores into logits, as the service does. The logits of probabilities are their logarithms. A
    /// probability of 0 has no logarithm: it is read as half the smallest positive probability in the rows, which is
    /// the data's own precision, but at most as 2⁻⁹, half a step of 8-bit probabilities. A log-probability of −∞ is
    /// such a 0.
    /// </summary>
    /// <param name="scores">
    /// The rows one after the other, n × K numbers. Kept by reference if they are logits.
    /// </param>
    /// <param name="labels">The right class of each row, 0…K−1.</param>
    /// <param name="classCount">K, at least 2.</param>
    /// <param name="kind">What the numbers are.</param>
    /// <exception cref="InferenceException">
    /// As for the constructor; or a row is not what <paramref name="kind"/> says: probabilities are in 0…1 and sum to
    /// 1, within rounding errors. The message names the row.
    /// </exception>
    public static LabelledLogits FromScores(
        ReadOnlyMemory<float> scores, ReadOnlyMemory<int> labels, int classCount, OutputKind kind)
    {
        var data = new LabelledLogits(scores, labels, classCount);
        return kind == OutputKind.Logits ? data : ProbabilityRows.ToLogits(data, kind);
    }

    /// <summary>n, the number of rows.</summary>
    public int Count => _labels.Length;

    /// <summary>K, the number of classes.</summary>
    public int ClassCount { get; }

    /// <summary>The right class of each row.</summary>
    public ReadOnlySpan<int> Labels => _labels.Span;

    /// <summary>The K logits of a row.</summary>
    /// <param name="row">0…n−1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public ReadOnlySpan<float> Row(int row) => _logits.Span.Slice(row * ClassCount, ClassCount);

    /// <summary>The right class of a row.</summary>
    /// <param name="row">0…n−1.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such row.</exception>
    public int LabelOf(int row) => _labels.Span[row];

    /// <summary>
    /// Says what is wrong with one row, for a caller that knows its file and line; null if nothing is.
    /// </summary>
    /// <param name="logits">K logits.</param>
    /// <param name="label">The right class.</param>
    public static string? FaultOf(ReadOnlySpan<float> logits, int label)
    {
        if ((uint)label >= (uint)logits.Length)
        {
            return $"the label {label} is not a class; there are {logits.Length}, from 0 to {logits.Length - 1}.";
        }

        var largest = float.NegativeInfinity;
        for (var i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i]) || float.IsPositiveInfinity(logits[i]))
            {
                return $"the logit of class {i} is {(float.IsNaN(logits[i]) ? "NaN" : "+Infinity")}; a logit is finite "
                    + "or -Infinity.";
            }

            largest = Math.Max(largest, logits[i]);
        }

        return float.IsNegativeInfinity(largest) ? "every logit is -Infinity; at least one must be finite." : null;
    }

    /// <summary>How many rows have a right class with the logit −∞.</summary>
    internal int CountImpossibleLabels()
    {
        var count = 0;
        for (var row = 0; row < Count; row++)
        {
            count += float.IsNegativeInfinity(Row(row)[LabelOf(row)]) ? 1 : 0;
        }

        return count;
    }

    /// <summary>
    /// The same rows without right classes at −∞, which would have the same infinite loss at every temperature. Such a
    /// class gets the logit whose probability at T = 1 is 2⁻¹⁴⁹, the smallest that a float holds, or the row's lowest
    /// logit if that is lower.
    /// </summary>
    internal LabelledLogits WithPossibleLabels()
    {
        if (CountImpossibleLabels() == 0)
        {
            return this;
        }

        var bounded = _logits.ToArray();
        for (var row = 0; row < Count; row++)
        {
            if (float.IsNegativeInfinity(Row(row)[LabelOf(row)]))
            {
                bounded[(row * ClassCount) + LabelOf(row)] = SmallestPossible(Row(row));
            }
        }

        return new LabelledLogits(bounded, _labels, ClassCount) { Warnings = Warnings };
    }

    internal LabelledLogits WithRows(float[] logits, IReadOnlyList<string> warnings) =>
        new(logits, _labels, ClassCount) { Warnings = warnings };

    private static float SmallestPossible(ReadOnlySpan<float> logits)
    {
        var (largest, lowest) = (float.NegativeInfinity, float.PositiveInfinity);
        foreach (var logit in logits)
        {
            largest = Math.Max(largest, logit);
            lowest = float.IsNegativeInfinity(logit) ? lowest : Math.Min(lowest, logit);
        }

        var weights = 0.0;
        foreach (var logit in logits)
        {
            weights += Math.Exp((double)logit - largest);
        }

        return (float)Math.Max(
            Math.Min(largest + Math.Log(weights) - Evaluator.LargestFloatNll, lowest), float.MinValue);
    }

    private static InferenceException Invalid(string message) => new(InferenceError.LabelledDataInvalid, message);
}

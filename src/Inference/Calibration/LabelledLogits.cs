namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// n rows of K logits and the right class of each: what a calibration learns from. A logit may be −∞, which gives its class the probability 0,
/// as long as one of its row is finite.
/// </summary>
public sealed class LabelledLogits
{
    private readonly ReadOnlyMemory<float> _logits;
    private readonly ReadOnlyMemory<int> _labels;

    /// <summary>Checks the data; it is kept by reference and must not change afterwards.</summary>
    /// <param name="logits">The rows one after the other, n × K logits.</param>
    /// <param name="labels">The right class of each row, 0…K−1.</param>
    /// <param name="classCount">K, at least 2.</param>
    /// <exception cref="InferenceException">
    /// There are no rows, fewer than two classes, or not K logits a label; a label is not 0…K−1; or a row holds NaN or +∞, or nothing but −∞.
    /// The message names the row, counted from 0.
    /// </exception>
    public LabelledLogits(ReadOnlyMemory<float> logits, ReadOnlyMemory<int> labels, int classCount)
    {
        if (classCount < 2)
            throw Invalid($"A row has {classCount} classes; calibration needs at least 2.");
        if (labels.IsEmpty)
            throw Invalid("There are no labelled rows; calibration needs at least 1.");
        if ((long)labels.Length * classCount != logits.Length)
            throw Invalid($"{labels.Length} labels need {(long)labels.Length * classCount} logits, {classCount} for each; there are {logits.Length}.");

        (_logits, _labels, ClassCount) = (logits, labels, classCount);
        for (var row = 0; row < Count; row++)
        {
            if (FaultOf(Row(row), LabelOf(row)) is { } fault)
                throw Invalid($"Row {row} (the first is 0): {fault}");
        }
    }

    /// <summary>n.</summary>
    public int Count => _labels.Length;

    /// <summary>K.</summary>
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

    /// <summary>What is wrong with one row, in words, for a reader that knows its file and line; null where nothing is.</summary>
    /// <param name="logits">K logits.</param>
    /// <param name="label">The right class.</param>
    public static string? FaultOf(ReadOnlySpan<float> logits, int label)
    {
        if ((uint)label >= (uint)logits.Length)
            return $"the label {label} is not a class; there are {logits.Length}, from 0 to {logits.Length - 1}.";

        var largest = float.NegativeInfinity;
        for (var i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i]) || float.IsPositiveInfinity(logits[i]))
                return $"the logit of class {i} is {(float.IsNaN(logits[i]) ? "NaN" : "+Infinity")}; a logit is finite or -Infinity.";
            largest = Math.Max(largest, logits[i]);
        }

        return float.IsNegativeInfinity(largest) ? "every logit is -Infinity; at least one must be finite." : null;
    }

    private static InferenceException Invalid(string message) => new(InferenceError.LabelledDataInvalid, message);
}

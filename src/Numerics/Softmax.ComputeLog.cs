namespace SoftmaxService.Numerics;

public static partial class Softmax
{
    /// <summary>
    /// The log-probabilities of one row of logits: log p_i = (z_i − m) / T − log Σ_j exp((z_j − m) / T), m = max z.
    /// </summary>
    /// <remarks>
    /// Natural logarithms, each ≤ 0, within 2 units in the last place at any magnitude: neither an almost certain class
    /// nor an almost impossible one loses digits, as it would in the logarithm of a probability. A finite
    /// log-probability below float's range is returned as −∞.
    /// </remarks>
    /// <param name="logits">
    /// The row z, K ≥ 1 logits of any magnitude. See <see cref="Softmax"/> for −∞, +∞ and NaN.
    /// </param>
    /// <param name="logProbabilities">
    /// Receives log p in its first K elements. The others are not changed. May be <paramref name="logits"/> itself.
    /// </param>
    /// <param name="temperature">T, finite and above 0, in the unit of the logits.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="logits"/> is empty, <paramref name="logProbabilities"/> is shorter, or the two overlap
    /// partially.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static void ComputeLog(
        ReadOnlySpan<float> logits, Span<float> logProbabilities, float temperature = NoTemperature)
    {
        CheckRow(logits);
        CheckTemperature(temperature);
        logProbabilities = CheckDestination(logits, logProbabilities, nameof(logProbabilities));
        SoftmaxKernel.Run(new LogOperation(logits, logProbabilities, logits.Length, new(in temperature)));
    }

    /// <summary>The log-probabilities of each row of a matrix of logits, at one temperature.</summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="logProbabilities">
    /// Receives as many log-probabilities, in the same order. Later elements are not changed. May be
    /// <paramref name="logits"/> itself.
    /// </param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperature">T, finite and above 0.</param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>,
    /// <paramref name="logProbabilities"/> is shorter, or the two overlap partially.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, or <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static void ComputeLogRows(
        ReadOnlySpan<float> logits, Span<float> logProbabilities, int classCount, float temperature = NoTemperature)
    {
        CheckRows(logits, classCount);
        CheckTemperature(temperature);
        logProbabilities = CheckDestination(logits, logProbabilities, nameof(logProbabilities));
        SoftmaxKernel.Run(new LogOperation(logits, logProbabilities, classCount, new(in temperature)));
    }

    /// <summary>The log-probabilities of each row of a matrix of logits, each row at its own temperature.</summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="logProbabilities">
    /// Receives as many log-probabilities, in the same order. Later elements are not changed. May be
    /// <paramref name="logits"/> itself.
    /// </param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperatures">
    /// One T per row, finite and above 0. All are checked before anything is written.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>, there is not one
    /// temperature per row, <paramref name="logProbabilities"/> is shorter than the logits, overlaps them partially, or
    /// overlaps the temperatures.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, or a temperature is 0, negative, infinite or NaN.
    /// </exception>
    public static void ComputeLogRows(
        ReadOnlySpan<float> logits, Span<float> logProbabilities, int classCount, ReadOnlySpan<float> temperatures)
    {
        var rowCount = CheckRows(logits, classCount);
        logProbabilities = CheckDestination(logits, logProbabilities, nameof(logProbabilities));
        CheckTemperatures(temperatures, rowCount, logProbabilities);
        SoftmaxKernel.Run(new LogOperation(logits, logProbabilities, classCount, temperatures));
    }
}

namespace SoftmaxService.Numerics;

public static partial class Softmax
{
    /// <summary>The probabilities of one row of logits: p_i = exp(z_i / T) / Σ_j exp(z_j / T).</summary>
    /// <param name="logits">
    /// The row z, K ≥ 1 logits of any magnitude. See <see cref="Softmax"/> for −∞, +∞ and NaN.
    /// </param>
    /// <param name="probabilities">
    /// Receives p in its first K elements, each in [0, 1]. The others are not changed. May be <paramref name="logits"/>
    /// itself.
    /// </param>
    /// <param name="temperature">
    /// T, finite and above 0, in the unit of the logits. 1 is the plain softmax; less sharpens, more flattens.
    /// </param>
    /// <exception cref="ArgumentException">
    /// <paramref name="logits"/> is empty, <paramref name="probabilities"/> is shorter, or the two overlap partially.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static void Compute(ReadOnlySpan<float> logits, Span<float> probabilities, float temperature = NoTemperature)
    {
        CheckRow(logits);
        CheckTemperature(temperature);
        probabilities = CheckDestination(logits, probabilities, nameof(probabilities));
        SoftmaxKernel.Run(new RowOperation(logits, probabilities, temperature));
    }

    /// <summary>The probabilities of each row of a matrix of logits, at one temperature.</summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="probabilities">
    /// Receives as many probabilities, in the same order. Later elements are not changed. May be
    /// <paramref name="logits"/> itself.
    /// </param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperature">T, finite and above 0.</param>
    /// <param name="maxDegreeOfParallelism">
    /// How many threads may share the work, at least 1; 1 is the caller's thread. More are used only from 262,144
    /// logits on: they share the rows, or the blocks of a single row that is larger than the caches. The result has the
    /// same bits for any number.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>,
    /// <paramref name="probabilities"/> is shorter, or the two overlap partially.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> or <paramref name="maxDegreeOfParallelism"/> is below 1, or
    /// <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static void ComputeRows(
        ReadOnlySpan<float> logits, Span<float> probabilities, int classCount, float temperature = NoTemperature,
        int maxDegreeOfParallelism = 1)
    {
        CheckRows(logits, classCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxDegreeOfParallelism);
        CheckTemperature(temperature);
        probabilities = CheckDestination(logits, probabilities, nameof(probabilities));
        if (maxDegreeOfParallelism == 1)
        {
            SoftmaxKernel.Run(new RowsOperation(logits, probabilities, classCount, new(in temperature)));
        }
        else
        {
            ParallelRows.Compute(
                SoftmaxKernel.Best, logits, probabilities, classCount, new(in temperature), maxDegreeOfParallelism);
        }
    }

    /// <summary>The probabilities of each row of a matrix of logits, each row at its own temperature.</summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="probabilities">
    /// Receives as many probabilities, in the same order. Later elements are not changed. May be
    /// <paramref name="logits"/> itself.
    /// </param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperatures">
    /// One T per row, finite and above 0. All are checked before anything is written.
    /// </param>
    /// <param name="maxDegreeOfParallelism">
    /// How many threads may share the work, at least 1; 1 is the caller's thread. More are used only from 262,144
    /// logits on: they share the rows, or the blocks of a single row that is larger than the caches. The result has the
    /// same bits for any number.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>, there is not one
    /// temperature per row, <paramref name="probabilities"/> is shorter than the logits, overlaps them partially, or
    /// overlaps the temperatures.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> or <paramref name="maxDegreeOfParallelism"/> is below 1, or a temperature is 0,
    /// negative, infinite or NaN.
    /// </exception>
    public static void ComputeRows(
        ReadOnlySpan<float> logits, Span<float> probabilities, int classCount, ReadOnlySpan<float> temperatures,
        int maxDegreeOfParallelism = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxDegreeOfParallelism);
        var rowCount = CheckRows(logits, classCount);
        probabilities = CheckDestination(logits, probabilities, nameof(probabilities));
        CheckTemperatures(temperatures, rowCount, probabilities);
        if (maxDegreeOfParallelism == 1)
        {
            SoftmaxKernel.Run(new RowsOperation(logits, probabilities, classCount, temperatures));
        }
        else
        {
            ParallelRows.Compute(
                SoftmaxKernel.Best, logits, probabilities, classCount, temperatures, maxDegreeOfParallelism);
        }
    }
}

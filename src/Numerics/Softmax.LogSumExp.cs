namespace SoftmaxService.Numerics;

public static partial class Softmax
{
    /// <summary>log Σ_j exp(z_j / T) of one row of logits. The row's energy is −T times it.</summary>
    /// <remarks>
    /// The value is m / T + log Σ_j exp((z_j − m) / T), m = max z, rounded to float once; its error is that rounding
    /// and at most 1.2e-7 where the two parts nearly cancel. Unlike a probability it has a value at the infinities: +∞
    /// for a row that holds +∞, −∞ for a row of nothing but −∞; NaN for a row that holds NaN. A finite value beyond
    /// float's range is returned as ±∞.
    /// </remarks>
    /// <param name="logits">The row z, K ≥ 1 logits of any magnitude.</param>
    /// <param name="temperature">T, finite and above 0, in the unit of the logits.</param>
    /// <returns>The logarithm, dimensionless: at least max z / T, and at most log K more.</returns>
    /// <exception cref="ArgumentException"><paramref name="logits"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static float LogSumExp(ReadOnlySpan<float> logits, float temperature = NoTemperature)
    {
        CheckRow(logits);
        CheckTemperature(temperature);
        var result = 0f;
        SoftmaxKernel.Run(new LogSumExpOperation(logits, new(ref result), logits.Length, new(in temperature)));
        return result;
    }

    /// <summary>
    /// log Σ_j exp(z_j / T) of each row of a matrix of logits, at one temperature. See <see cref="LogSumExp"/>.
    /// </summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="results">Receives one value per row. Later elements are not changed.</param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperature">T, finite and above 0.</param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>, or
    /// <paramref name="results"/> is shorter than the number of rows or overlaps the logits.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, or <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static void LogSumExpRows(
        ReadOnlySpan<float> logits, Span<float> results, int classCount, float temperature = NoTemperature)
    {
        var rowCount = CheckRows(logits, classCount);
        CheckTemperature(temperature);
        results = CheckResults(logits, results, rowCount);
        SoftmaxKernel.Run(new LogSumExpOperation(logits, results, classCount, new(in temperature)));
    }

    /// <summary>
    /// log Σ_j exp(z_j / T) of each row of a matrix of logits, each row at its own temperature. See
    /// <see cref="LogSumExp"/>.
    /// </summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="results">Receives one value per row. Later elements are not changed.</param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperatures">
    /// One T per row, finite and above 0. All are checked before anything is written.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>, there is not one
    /// temperature per row, or <paramref name="results"/> is shorter than the number of rows or overlaps the logits or
    /// the temperatures.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, or a temperature is 0, negative, infinite or NaN.
    /// </exception>
    public static void LogSumExpRows(
        ReadOnlySpan<float> logits, Span<float> results, int classCount, ReadOnlySpan<float> temperatures)
    {
        var rowCount = CheckRows(logits, classCount);
        results = CheckResults(logits, results, rowCount);
        CheckTemperatures(temperatures, rowCount, results);
        SoftmaxKernel.Run(new LogSumExpOperation(logits, results, classCount, temperatures));
    }
}

namespace SoftmaxService.Numerics;

public static partial class Softmax
{
    /// <summary>
    /// The vector-Jacobian product of one row: dz_i = p_i (g_i − Σ_j g_j p_j) / T, the gradient with respect to the
    /// logits when g is the gradient with respect to the probabilities.
    /// </summary>
    /// <remarks>
    /// Sums and products are in double precision and rounded once; what remains is the error of the probabilities, some
    /// 1e-7 of p_i · max |g| / T, and more where p_i is in float's denormal range. Where g is the same for all classes
    /// it is at most 1e-14 of g / T, and it is exactly 0 at −∞ and wherever p_i is, whatever g_i is there.
    /// </remarks>
    /// <param name="logits">
    /// The row z, K ≥ 1 logits of any magnitude. See <see cref="Softmax"/> for −∞, +∞ and NaN.
    /// </param>
    /// <param name="upstream">g, K numbers in the unit of what is differentiated.</param>
    /// <param name="gradient">
    /// Receives dz in its first K elements. The others are not changed. May be <paramref name="logits"/> itself, not
    /// <paramref name="upstream"/>.
    /// </param>
    /// <param name="temperature">T, finite and above 0, in the unit of the logits.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="logits"/> is empty, <paramref name="upstream"/> has another length, <paramref name="gradient"/>
    /// is shorter, overlaps the logits partially, or overlaps <paramref name="upstream"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static void Gradient(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> upstream, Span<float> gradient,
        float temperature = NoTemperature)
    {
        CheckRow(logits);
        GradientRows(logits, upstream, gradient, logits.Length, temperature);
    }

    /// <summary>
    /// The vector-Jacobian product of each row of a matrix of logits, at one temperature. See <see cref="Gradient"/>.
    /// </summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="upstream">As many numbers, in the same order.</param>
    /// <param name="gradient">
    /// Receives as many numbers, in the same order. Later elements are not changed. May be <paramref name="logits"/>
    /// itself.
    /// </param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperature">T, finite and above 0.</param>
    /// <exception cref="ArgumentException">
    /// The length of <paramref name="logits"/> is not a multiple of <paramref name="classCount"/>,
    /// <paramref name="upstream"/> has another length, or <paramref name="gradient"/> is shorter, overlaps the logits
    /// partially, or overlaps <paramref name="upstream"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, or <paramref name="temperature"/> is 0, negative, infinite or NaN.
    /// </exception>
    public static void GradientRows(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> upstream, Span<float> gradient, int classCount,
        float temperature = NoTemperature)
    {
        CheckRows(logits, classCount);
        CheckTemperature(temperature);
        gradient = CheckGradient(logits, upstream, gradient);
        SoftmaxKernel.Run(new GradientOperation(logits, upstream, gradient, classCount, new(in temperature)));
    }

    /// <summary>
    /// The vector-Jacobian product of each row of a matrix of logits, each row at its own temperature. See
    /// <see cref="Gradient"/>.
    /// </summary>
    /// <param name="logits">
    /// The rows one after the other, each of <paramref name="classCount"/> logits. May be empty.
    /// </param>
    /// <param name="upstream">As many numbers, in the same order.</param>
    /// <param name="gradient">
    /// Receives as many numbers, in the same order. Later elements are not changed. May be <paramref name="logits"/>
    /// itself.
    /// </param>
    /// <param name="classCount">K, the number of classes in a row, at least 1.</param>
    /// <param name="temperatures">
    /// One T per row, finite and above 0. All are checked before anything is written.
    /// </param>
    /// <exception cref="ArgumentException">
    /// As for one temperature; or there is not one temperature per row, or <paramref name="gradient"/> overlaps the
    /// temperatures.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="classCount"/> is below 1, or a temperature is 0, negative, infinite or NaN.
    /// </exception>
    public static void GradientRows(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> upstream, Span<float> gradient, int classCount,
        ReadOnlySpan<float> temperatures)
    {
        var rowCount = CheckRows(logits, classCount);
        gradient = CheckGradient(logits, upstream, gradient);
        CheckTemperatures(temperatures, rowCount, gradient);
        SoftmaxKernel.Run(new GradientOperation(logits, upstream, gradient, classCount, temperatures));
    }
}

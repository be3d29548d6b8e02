namespace SoftmaxService.Numerics;

/// <summary>
/// Softmax with a temperature, p_i = exp(z_i / T) / Σ_j exp(z_j / T), and what belongs to it. Spans in, spans out; nothing is kept,
/// and nothing is allocated but a few small objects for rows of millions of classes and for threads that share the work.
/// </summary>
/// <remarks>
/// <para>
/// Accuracy: probabilities are within 4 units in the last place of the exact quotient (one in a thousand beyond 2), for every
/// temperature and row length, results in float's denormal range included; their exact sum is within 1.3e-7 of 1.
/// Logits that differ by less than an ULP of their probabilities may swap these: rank by logit.
/// </para>
/// <para>
/// Special values: no finite logits give NaN, whatever their size and whatever the temperature. A logit of −∞ is a class
/// that is masked out: its probability is exactly 0 and its log-probability −∞. A row that holds NaN or +∞, or nothing
/// but −∞, has no softmax: all its results are NaN, and those of other rows are untouched by it.
/// </para>
/// <para>
/// A row's result does not depend on the rows beside it, on their number, on threads, or on whether it is computed in place: the
/// bits are the same for any span that is aligned to its floats. Processors with other vector widths may differ in the last bits.
/// </para>
/// <para>Method: see <see cref="RowExponential{TLanes, TSums}"/>; the way down is Softmax → SoftmaxKernel → RowLoop → VectorKernel.</para>
/// </remarks>
public static partial class Softmax
{
    private const float NoTemperature = 1f;

    /// <summary>How wide the vectors are that this processor, and the way the program was compiled, allow: 512, 256 or 128 bits; 32 without vectors.</summary>
    public static int VectorBits => SoftmaxKernel.Best switch
    {
        KernelPath.Vector512 => 512,
        KernelPath.Vector256 => 256,
        KernelPath.Vector128 => 128,
        _ => 32,
    };
}

namespace SoftmaxService.Numerics;

/// <summary>
/// Softmax with a temperature, p_i = exp(z_i / T) / Σ_j exp(z_j / T), its logarithm and its gradients. Spans in, spans
/// out. Nothing is allocated, except a few small objects for rows of millions of classes and for threads that share
/// the work. All members are thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Accuracy: probabilities are within 4 units in the last place of the exact quotient (one in a thousand is beyond 2),
/// for every temperature and row length, including results in float's denormal range. Their exact sum is within 1.3e-7
/// of 1. The probabilities of almost equal logits may be in the wrong order: rank by logit.
/// </para>
/// <para>
/// Special values: finite logits never give NaN, whatever their magnitude and whatever the temperature. A logit of −∞
/// masks a class: its probability is exactly 0 and its log-probability −∞. A row that contains NaN or +∞, or nothing
/// but −∞, has no softmax: all its results are NaN. Other rows are not affected.
/// </para>
/// <para>
/// A row's result does not depend on other rows, on threads, or on whether it is computed in place: the bits are the
/// same for any span that is aligned to its floats. Processors with other vector widths may differ in the last bits.
/// </para>
/// </remarks>
// The method is derived in RowExponential. The calls go Softmax → SoftmaxKernel → RowLoop → VectorKernel.
public static partial class Softmax
{
    private const float NoTemperature = 1f;

    /// <summary>
    /// The width in bits of the vectors that are used here: 512, 256 or 128, or 32 without vectors. Depends on the
    /// processor and on the instruction sets for which the program was compiled.
    /// </summary>
    public static int VectorBits => SoftmaxKernel.Best switch
    {
        KernelPath.Vector512 => 512,
        KernelPath.Vector256 => 256,
        KernelPath.Vector128 => 128,
        _ => 32,
    };
}

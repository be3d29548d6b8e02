using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SoftmaxService.Numerics;

/// <summary>The one place where an implementation is chosen.</summary>
internal static class SoftmaxKernel
{
    /// <summary>
    /// The widest vectors the processor runs in hardware: the loops are bound by arithmetic, so twice the width is nearly
    /// half the time, and tails cost a masked vector at most. The runtime does not report 512 bits as accelerated on
    /// processors that lower their clock for them. A constant to the JIT: the paths not taken leave no code behind.
    /// </summary>
    public static KernelPath Best
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsAvailable(KernelPath.Vector512) ? KernelPath.Vector512
            : IsAvailable(KernelPath.Vector256) ? KernelPath.Vector256
            : IsAvailable(KernelPath.Vector128) ? KernelPath.Vector128
            : KernelPath.Scalar;
    }

    /// <summary>
    /// The vector paths need a fused multiply-add in hardware; without one, double precision is faster than imitating it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAvailable(KernelPath path) => path switch
    {
        KernelPath.Vector512 => Vector512.IsHardwareAccelerated && Avx512F.IsSupported,
        KernelPath.Vector256 => Vector256.IsHardwareAccelerated && Fma.IsSupported,
        KernelPath.Vector128 => Vector128.IsHardwareAccelerated && (Fma.IsSupported || AdvSimd.IsSupported),
        _ => true,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ComputeRow(KernelPath path, ReadOnlySpan<float> logits, Span<float> probabilities, float temperature)
    {
        switch (path)
        {
            case KernelPath.Vector512:
                RowLoop<VectorKernel<FloatLanes512, Vector512<double>>>.ComputeRow(logits, probabilities, temperature);
                break;
            case KernelPath.Vector256:
                RowLoop<VectorKernel<FloatLanes256, Vector256<double>>>.ComputeRow(logits, probabilities, temperature);
                break;
            case KernelPath.Vector128:
                RowLoop<VectorKernel<FloatLanes128, Vector128<double>>>.ComputeRow(logits, probabilities, temperature);
                break;
            default:
                RowLoop<ScalarKernel>.ComputeRow(logits, probabilities, temperature);
                break;
        }
    }

    /// <summary>One row, shared between threads where it is larger than the caches.</summary>
    public static void ComputeRow(KernelPath path, ReadOnlySpan<float> logits, Span<float> probabilities, float temperature, int degree)
    {
        if (!TryComputePastCache(path, logits, probabilities, new TemperatureScale(temperature), degree))
            ComputeRow(path, logits, probabilities, temperature);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compute(
        KernelPath path, ReadOnlySpan<float> logits, Span<float> probabilities, int classCount, ReadOnlySpan<float> temperatures)
    {
        switch (path)
        {
            case KernelPath.Vector512:
                RowLoop<VectorKernel<FloatLanes512, Vector512<double>>>.Compute(logits, probabilities, classCount, temperatures);
                break;
            case KernelPath.Vector256:
                RowLoop<VectorKernel<FloatLanes256, Vector256<double>>>.Compute(logits, probabilities, classCount, temperatures);
                break;
            case KernelPath.Vector128:
                RowLoop<VectorKernel<FloatLanes128, Vector128<double>>>.Compute(logits, probabilities, classCount, temperatures);
                break;
            default:
                RowLoop<ScalarKernel>.Compute(logits, probabilities, classCount, temperatures);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ComputeLog(
        KernelPath path, ReadOnlySpan<float> logits, Span<float> logProbabilities, int classCount, ReadOnlySpan<float> temperatures)
    {
        switch (path)
        {
            case KernelPath.Vector512:
                RowLoop<VectorKernel<FloatLanes512, Vector512<double>>>.ComputeLog(logits, logProbabilities, classCount, temperatures);
                break;
            case KernelPath.Vector256:
                RowLoop<VectorKernel<FloatLanes256, Vector256<double>>>.ComputeLog(logits, logProbabilities, classCount, temperatures);
                break;
            case KernelPath.Vector128:
                RowLoop<VectorKernel<FloatLanes128, Vector128<double>>>.ComputeLog(logits, logProbabilities, classCount, temperatures);
                break;
            default:
                RowLoop<ScalarKernel>.ComputeLog(logits, logProbabilities, classCount, temperatures);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LogSumExp(
        KernelPath path, ReadOnlySpan<float> logits, Span<float> results, int classCount, ReadOnlySpan<float> temperatures)
    {
        switch (path)
        {
            case KernelPath.Vector512:
                RowLoop<VectorKernel<FloatLanes512, Vector512<double>>>.LogSumExp(logits, results, classCount, temperatures);
                break;
            case KernelPath.Vector256:
                RowLoop<VectorKernel<FloatLanes256, Vector256<double>>>.LogSumExp(logits, results, classCount, temperatures);
                break;
            case KernelPath.Vector128:
                RowLoop<VectorKernel<FloatLanes128, Vector128<double>>>.LogSumExp(logits, results, classCount, temperatures);
                break;
            default:
                RowLoop<ScalarKernel>.LogSumExp(logits, results, classCount, temperatures);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Gradient(
        KernelPath path, ReadOnlySpan<float> logits, ReadOnlySpan<float> upstream, Span<float> gradient, int classCount, ReadOnlySpan<float> temperatures)
    {
        switch (path)
        {
            case KernelPath.Vector512:
                RowLoop<VectorKernel<FloatLanes512, Vector512<double>>>.Gradient(logits, upstream, gradient, classCount, temperatures);
                break;
            case KernelPath.Vector256:
                RowLoop<VectorKernel<FloatLanes256, Vector256<double>>>.Gradient(logits, upstream, gradient, classCount, temperatures);
                break;
            case KernelPath.Vector128:
                RowLoop<VectorKernel<FloatLanes128, Vector128<double>>>.Gradient(logits, upstream, gradient, classCount, temperatures);
                break;
            default:
                RowLoop<ScalarKernel>.Gradient(logits, upstream, gradient, classCount, temperatures);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CrossEntropy(
        KernelPath path, ReadOnlySpan<float> logits, ReadOnlySpan<int> targets, Span<float> losses, Span<float> gradient, int classCount,
        ReadOnlySpan<float> temperatures)
    {
        switch (path)
        {
            case KernelPath.Vector512:
                RowLoop<VectorKernel<FloatLanes512, Vector512<double>>>.CrossEntropy(logits, targets, losses, gradient, classCount, temperatures);
                break;
            case KernelPath.Vector256:
                RowLoop<VectorKernel<FloatLanes256, Vector256<double>>>.CrossEntropy(logits, targets, losses, gradient, classCount, temperatures);
                break;
            case KernelPath.Vector128:
                RowLoop<VectorKernel<FloatLanes128, Vector128<double>>>.CrossEntropy(logits, targets, losses, gradient, classCount, temperatures);
                break;
            default:
                RowLoop<ScalarKernel>.CrossEntropy(logits, targets, losses, gradient, classCount, temperatures);
                break;
        }
    }

    private static unsafe bool TryComputePastCache(
        KernelPath path, ReadOnlySpan<float> logits, Span<float> probabilities, in TemperatureScale scale, int degree)
    {
        fixed (float* source = logits, destination = probabilities)
        {
            return path switch
            {
                KernelPath.Vector512 => VectorKernel<FloatLanes512, Vector512<double>>.TryComputePastCache(source, destination, logits.Length, scale, degree),
                KernelPath.Vector256 => VectorKernel<FloatLanes256, Vector256<double>>.TryComputePastCache(source, destination, logits.Length, scale, degree),
                KernelPath.Vector128 => VectorKernel<FloatLanes128, Vector128<double>>.TryComputePastCache(source, destination, logits.Length, scale, degree),
                _ => false,
            };
        }
    }
}

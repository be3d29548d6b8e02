using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SoftmaxService.Numerics;

/// <summary>The one place where an implementation is chosen.</summary>
internal static class SoftmaxKernel
{
    /// <summary>
    /// The widest vectors that the processor runs in hardware. The loops are bound by arithmetic, so twice the width
    /// takes nearly half the time, and a row's tail costs at most one masked vector. The runtime does not report 512
    /// bits as accelerated on processors that lower their clock for them. The JIT sees a constant: paths that are not
    /// taken leave no code behind.
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
    /// The vector paths need a fused multiply-add in hardware. Without one, double precision is faster than emulating
    /// it.
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
    public static void Run<TOperation>(TOperation operation)
        where TOperation : struct, IKernelOperation, allows ref struct =>
        Run(Best, operation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TOperation>(KernelPath path, TOperation operation)
        where TOperation : struct, IKernelOperation, allows ref struct
    {
        switch (path)
        {
            case KernelPath.Vector512:
                operation.Run<VectorKernel<FloatLanes512, Vector512<double>>>();
                break;
            case KernelPath.Vector256:
                operation.Run<VectorKernel<FloatLanes256, Vector256<double>>>();
                break;
            case KernelPath.Vector128:
                operation.Run<VectorKernel<FloatLanes128, Vector128<double>>>();
                break;
            default:
                operation.Run<ScalarKernel>();
                break;
        }
    }
}

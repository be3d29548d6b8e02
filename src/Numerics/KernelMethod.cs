using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

internal static class KernelMethod
{
    /// <summary>
    /// Optimized at the first call, so that the first request is as fast as the thousandth. Not inlined, because a
    /// kernel inside its caller would use up the JIT's budget and leave its own operators as calls.
    /// </summary>
    public const MethodImplOptions Options = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;
}

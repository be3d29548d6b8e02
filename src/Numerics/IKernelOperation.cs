namespace SoftmaxService.Numerics;

/// <summary>
/// An operation with its arguments, waiting for a kernel. Operations and kernels are structs, so the JIT compiles each
/// pair by itself and calls the kernel directly.
/// </summary>
internal interface IKernelOperation
{
    void Run<TKernel>()
        where TKernel : struct, ISoftmaxKernel;
}

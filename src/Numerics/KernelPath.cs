namespace SoftmaxService.Numerics;

internal enum KernelPath
{
    Scalar,
    Vector128,
    Vector256,
    Vector512,
}

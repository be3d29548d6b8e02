using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SoftmaxService.Numerics.Tests;

public sealed class SoftmaxKernelTests
{
    [Fact]
    public void IsAvailable_Scalar_IsAlwaysTrue() => Assert.Contains("Scalar", ForcedKernel.Available);

    [Fact]
    public void IsAvailable_EachWidth_FollowsTheHardware()
    {
        var fused = Fma.IsSupported || AdvSimd.IsSupported;
        Assert.Equal(fused && Vector128.IsHardwareAccelerated, ForcedKernel.Available.Contains("Vector128"));
        Assert.Equal(fused && Vector256.IsHardwareAccelerated, ForcedKernel.Available.Contains("Vector256"));
        Assert.Equal(Vector512.IsHardwareAccelerated, ForcedKernel.Available.Contains("Vector512"));
    }

    [Fact]
    public void Best_OnThisMachine_IsTheWidestAvailable() =>
        Assert.Equal(ForcedKernel.Available.Last(), SoftmaxKernel.Best.ToString());

    [Fact]
    public void Compute_WithoutAPath_TakesTheBest()
    {
        float[] logits = [.. LogitSets.Uniform(new Random(1), 100, -10, 10)];
        var probabilities = new float[100];
        Softmax.Compute(logits, probabilities, 0.7f);
        Assert.Equal(ForcedKernel.Compute(SoftmaxKernel.Best.ToString(), logits, 0.7f), probabilities);
    }
}

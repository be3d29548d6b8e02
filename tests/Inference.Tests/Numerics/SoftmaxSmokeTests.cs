using SoftmaxService.Inference.Numerics;

namespace SoftmaxService.Inference.Tests.Numerics;

public sealed class SoftmaxSmokeTests
{
    [Fact]
    public void Compute_LogitsFarBeyondExp_GivesOneHot()
    {
        var probabilities = new float[2];
        Softmax.Compute([3e38f, -3e38f], probabilities, 1e-30f);
        Assert.Equal([1f, 0f], probabilities);
    }

    [Fact]
    public void Compute_EqualLogits_GivesUniform()
    {
        var probabilities = new float[10];
        Softmax.Compute(Enumerable.Repeat(88f, 10).ToArray(), probabilities);
        Assert.All(probabilities, p => Assert.Equal(0.1f, p));
    }
}

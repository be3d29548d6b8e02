using SoftmaxService.Inference.Calibration;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference.Tests.Calibration;

public sealed class UncertaintyTests
{
    [Fact]
    public void Measure_UniformProbabilities_HaveTheEntropyLogK()
    {
        var measured = Uncertainty.Measure([3f, 3f, 3f, 3f], [0.25f, 0.25f, 0.25f, 0.25f], 1f);

        Assert.Equal(Math.Log(4), measured.Entropy, 1e-6);
        Assert.Equal(0f, measured.Margin);
        Assert.Equal(-3 - Math.Log(4), measured.Energy, 1e-6);
    }

    [Fact]
    public void Measure_OneHot_HasNoEntropyAndAFullMargin()
    {
        var measured = Uncertainty.Measure([9f, float.NegativeInfinity], [1f, 0f], 2f);

        Assert.Equal((0f, 1f, -9f), (measured.Entropy, measured.Margin, measured.Energy));
    }

    [Fact]
    public void Measure_OneClass_HasAFullMargin() =>
        Assert.Equal(1f, Uncertainty.Measure([5f], [1f], 1f).Margin);

    [Theory]
    [InlineData(1e-3f)]
    [InlineData(0.5f)]
    [InlineData(1f)]
    [InlineData(7f)]
    public void Measure_AnyTemperature_GivesTheEnergyOfTheDefinition(float temperature)
    {
        float[] logits = [1.5f, -2f, 0.25f, 3f, 2.875f];
        var probabilities = new float[logits.Length];
        Softmax.Compute(logits, probabilities, temperature);

        var expected = -3 - (temperature * Math.Log(logits.Sum(z => Math.Exp((z - 3.0) / temperature))));
        Assert.Equal(expected, Uncertainty.Measure(logits, probabilities, temperature).Energy, 1e-5);
    }

    [Fact]
    public void Measure_HugeLogits_StaysFinite()
    {
        float[] logits = [3e38f, -3e38f];

        Assert.Equal(-3e38f, Uncertainty.Measure(logits, [1f, 0f], 1e-30f).Energy);
        Assert.Equal(float.MinValue, Uncertainty.Measure([3e38f, 3e38f], [0.5f, 0.5f], float.MaxValue).Energy);
    }
}

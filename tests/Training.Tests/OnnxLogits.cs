using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests;

/// <summary>Compares the logits of an exported model with those of its net.</summary>
internal static class OnnxLogits
{
    private const float Tolerance = 1e-4f;

    public static float[] Of(byte[] model, Tensor input)
    {
        using var session = new InferenceSession(model);
        using var contiguous = input.contiguous();
        using var value = OrtValue.CreateTensorValueFromMemory(contiguous.data<float>().ToArray(), input.shape);
        using var runOptions = new RunOptions();
        using var outputs = session.Run(runOptions, ["image"], [value], ["logits"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public static void AssertSame(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.Max() - expected.Min() > 0.1f, "Logits this close together would hide a difference.");
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], Tolerance);
        }
    }
}

namespace SoftmaxService.Numerics.Tests;

/// <summary>
/// The kernels by name, so that one test run covers every instruction set of the machine. The theories omit paths that
/// the machine lacks; the scalar path is always present. <c>DOTNET_EnableAVX512=0</c>,
/// <c>DOTNET_PreferredVectorBitWidth=128</c> and <c>DOTNET_EnableHWIntrinsic=0</c> make the chooser fall back to 256
/// bits, 128 bits and scalar.
/// </summary>
internal static class ForcedKernel
{
    public static IEnumerable<string> Available =>
        Enum.GetValues<KernelPath>().Where(SoftmaxKernel.IsAvailable).Select(path => path.ToString());

    public static TheoryData<string> Paths => [.. Available];

    public static TheoryData<string, T> PathsTimes<T>(IEnumerable<T> values)
    {
        var pairs = new TheoryData<string, T>();
        foreach (var path in Available)
        {
            foreach (var value in values)
            {
                pairs.Add(path, value);
            }
        }

        return pairs;
    }

    public static float[] Compute(string path, float[] logits, float temperature, int? classCount = null)
    {
        var probabilities = new float[logits.Length];
        Compute(path, logits, probabilities, temperature, classCount);
        return probabilities;
    }

    public static void Compute(
        string path, ReadOnlySpan<float> logits, Span<float> probabilities, float temperature, int? classCount = null)
    {
        if (classCount is int count)
        {
            SoftmaxKernel.Run(Parse(path), new RowsOperation(logits, probabilities, count, [temperature]));
        }
        else
        {
            SoftmaxKernel.Run(Parse(path), new RowOperation(logits, probabilities, temperature));
        }
    }

    public static float[] ComputeLog(string path, float[] logits, float temperature, int? classCount = null)
    {
        var logProbabilities = new float[logits.Length];
        ComputeLog(path, logits, logProbabilities, temperature, classCount);
        return logProbabilities;
    }

    public static void ComputeLog(
        string path, ReadOnlySpan<float> logits, Span<float> logProbabilities, float temperature,
        int? classCount = null) =>
        SoftmaxKernel.Run(
            Parse(path), new LogOperation(logits, logProbabilities, classCount ?? logits.Length, [temperature]));

    public static float LogSumExp(string path, ReadOnlySpan<float> logits, float temperature)
    {
        var result = 0f;
        SoftmaxKernel.Run(Parse(path), new LogSumExpOperation(logits, new(ref result), logits.Length, [temperature]));
        return result;
    }

    public static float[] Gradient(
        string path, float[] logits, float[] upstream, float temperature, int? classCount = null)
    {
        var gradient = new float[logits.Length];
        Gradient(path, logits, upstream, gradient, temperature, classCount);
        return gradient;
    }

    public static void Gradient(
        string path, ReadOnlySpan<float> logits, ReadOnlySpan<float> upstream, Span<float> gradient, float temperature,
        int? classCount = null) =>
        SoftmaxKernel.Run(
            Parse(path), new GradientOperation(logits, upstream, gradient, classCount ?? logits.Length, [temperature]));

    public static (float Loss, float[] Gradient) CrossEntropy(
        string path, float[] logits, int target, float temperature)
    {
        var gradient = new float[logits.Length];
        return (CrossEntropy(path, logits, target, gradient, temperature), gradient);
    }

    public static float CrossEntropy(
        string path, ReadOnlySpan<float> logits, int target, Span<float> gradient, float temperature)
    {
        var loss = 0f;
        SoftmaxKernel.Run(
            Parse(path),
            new CrossEntropyOperation(logits, [target], new(ref loss), gradient, logits.Length, [temperature]));
        return loss;
    }

    private static KernelPath Parse(string path) => Enum.Parse<KernelPath>(path);
}

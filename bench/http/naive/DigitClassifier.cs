using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using SkiaSharp;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace SoftmaxService.HttpBenchmarks.Naive;

/// <summary>An encoded image in, ranked probabilities out. Sessions may be run by many threads at once.</summary>
internal sealed class DigitClassifier : IDisposable
{
    private const int Side = 28;
    private static readonly long[] InputShape = [1, 1, Side, Side];

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    public DigitClassifier(string modelPath)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(modelPath, options);
    }

    public Prediction[] Classify(ReadOnlySpan<byte> encoded)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(ToTensor(encoded), InputShape);
        using var outputs = _session.Run(_runOptions, _session.InputNames, [input], _session.OutputNames);
        var probabilities = Softmax(outputs[0].GetTensorDataAsSpan<float>());
        return [.. probabilities
            .Select((probability, index) => new Prediction(index.ToString(CultureInfo.InvariantCulture), index, probability))
            .OrderByDescending(prediction => prediction.Probability)];
    }

    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }

    private static float[] ToTensor(ReadOnlySpan<byte> encoded)
    {
        using var decoded = SKBitmap.Decode(encoded) ?? throw new BadHttpRequestException("The body is no image.");
        using var gray = new SKBitmap(new SKImageInfo(Side, Side, SKColorType.Gray8, SKAlphaType.Opaque));
        decoded.ScalePixels(gray, SKSamplingOptions.Default);
        var pixels = gray.GetPixelSpan();
        var tensor = new float[Side * Side];
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                tensor[(y * Side) + x] = pixels[(y * gray.RowBytes) + x] / 255f;
            }
        }

        return tensor;
    }

    private static float[] Softmax(ReadOnlySpan<float> logits)
    {
        var max = logits[0];
        foreach (var logit in logits)
        {
            max = MathF.Max(max, logit);
        }

        var probabilities = new float[logits.Length];
        var sum = 0f;
        for (var i = 0; i < logits.Length; i++)
        {
            sum += probabilities[i] = MathF.Exp(logits[i] - max);
        }

        for (var i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] /= sum;
        }

        return probabilities;
    }
}

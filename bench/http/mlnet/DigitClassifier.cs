using System.Globalization;
using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;
using SkiaSharp;

namespace SoftmaxService.HttpBenchmarks.MlNet;

/// <summary>An encoded image in, ranked probabilities out.</summary>
internal sealed class DigitClassifier(string modelPath)
{
    private const int Side = DigitImage.Side;

    private readonly ObjectPool<PredictionEngine<DigitImage, DigitScores>> _engines = new DefaultObjectPool<PredictionEngine<DigitImage, DigitScores>>(new PredictionEngines(modelPath));

    public Prediction[] Classify(ReadOnlySpan<byte> encoded)
    {
        var image = new DigitImage { Pixels = ToTensor(encoded) };
        var engine = _engines.Get();
        try
        {
            return [.. Softmax(engine.Predict(image).Logits)
                .Select((probability, index) => new Prediction(index.ToString(CultureInfo.InvariantCulture), index, probability))
                .OrderByDescending(prediction => prediction.Probability)];
        }
        finally
        {
            _engines.Return(engine);
        }
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

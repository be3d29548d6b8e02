using System.Globalization;
using SkiaSharp;

namespace SoftmaxService.HttpBenchmarks.Peers;

/// <summary>
/// Shared by the .NET peers: turns an encoded image into a tensor, and logits into ranked probabilities.
/// </summary>
internal static class Digit
{
    public const int Side = 28;

    public static float[] ToTensor(ReadOnlySpan<byte> encoded)
    {
        using var decoded = SKBitmap.Decode(encoded) ?? throw new BadHttpRequestException("The body is not an image.");
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

    public static Prediction[] Rank(ReadOnlySpan<float> logits) =>
        [
            .. Softmax(logits)
                .Select(
                    (probability, index) =>
                        new Prediction(index.ToString(CultureInfo.InvariantCulture), index, probability))
                .OrderByDescending(prediction => prediction.Probability),
        ];

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

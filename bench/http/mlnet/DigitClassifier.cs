using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;

namespace SoftmaxService.HttpBenchmarks.Peers;

/// <summary>
/// Follows ML.NET's documentation: an <c>OnnxTransformer</c> behind a pool of prediction engines turns an encoded image
/// into ranked probabilities.
/// </summary>
internal sealed class DigitClassifier(string modelPath)
{
    private readonly ObjectPool<PredictionEngine<DigitImage, DigitScores>> _engines = new DefaultObjectPool<
        PredictionEngine<DigitImage, DigitScores>
    >(new PredictionEngines(modelPath));

    public Prediction[] Classify(ReadOnlySpan<byte> encoded)
    {
        var image = new DigitImage { Pixels = Digit.ToTensor(encoded) };
        var engine = _engines.Get();
        try
        {
            return Digit.Rank(engine.Predict(image).Logits);
        }
        finally
        {
            _engines.Return(engine);
        }
    }
}

using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;

namespace SoftmaxService.HttpBenchmarks.Peers;

/// <summary>
/// As ML.NET's documentation has it, an <c>OnnxTransformer</c> behind a pool of prediction engines: an encoded image
/// in, ranked probabilities out.
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

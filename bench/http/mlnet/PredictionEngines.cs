using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Onnx;

namespace SoftmaxService.HttpBenchmarks.Peers;

internal sealed class DigitImage
{
    [ColumnName("pixels"), VectorType(1, 1, Digit.Side, Digit.Side)]
    public float[] Pixels { get; set; } = [];
}

internal sealed class DigitScores
{
    [ColumnName("logits")]
    public float[] Logits { get; set; } = [];
}

/// <summary>
/// Makes the prediction engines of a pool. An engine serves one thread at a time and is expensive to make.
/// </summary>
internal sealed class PredictionEngines : PooledObjectPolicy<PredictionEngine<DigitImage, DigitScores>>
{
    private readonly MLContext _context = new();
    private readonly ITransformer _transformer;

    public PredictionEngines(string modelPath)
    {
        // The pipeline's columns have the graph's names. They are copied to the fixed names of the classes above.
        var (input, output) = NamesIn(modelPath);
        var pipeline = _context.Transforms.CopyColumns(input, "pixels")
            .Append(_context.Transforms.ApplyOnnxModel(new OnnxOptions
            {
                ModelFile = modelPath,
                InputColumns = [input],
                OutputColumns = [output],
                ShapeDictionary = new Dictionary<string, int[]> { [input] = [1, 1, Digit.Side, Digit.Side] },
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
            }))
            .Append(_context.Transforms.CopyColumns("logits", output));
        _transformer = pipeline.Fit(_context.Data.LoadFromEnumerable<DigitImage>([]));
    }

    public override PredictionEngine<DigitImage, DigitScores> Create() =>
        _context.Model.CreatePredictionEngine<DigitImage, DigitScores>(_transformer);

    public override bool Return(PredictionEngine<DigitImage, DigitScores> obj) => true;

    private static (string Input, string Output) NamesIn(string modelPath)
    {
        using var session = new InferenceSession(modelPath);
        return (session.InputNames[0], session.OutputNames[0]);
    }
}

using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace SoftmaxService.HttpBenchmarks.Peers;

/// <summary>
/// The straightforward use of <c>InferenceSession.Run</c>: an encoded image in, ranked probabilities out. Many threads
/// may share a session.
/// </summary>
internal sealed class DigitClassifier : IDisposable
{
    private static readonly long[] InputShape = [1, 1, Digit.Side, Digit.Side];

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    public DigitClassifier(string modelPath)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(modelPath, options);
    }

    public Prediction[] Classify(ReadOnlySpan<byte> encoded)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(Digit.ToTensor(encoded), InputShape);
        using var outputs = _session.Run(_runOptions, _session.InputNames, [input], _session.OutputNames);
        return Digit.Rank(outputs[0].GetTensorDataAsSpan<float>());
    }

    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }
}

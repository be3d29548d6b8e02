using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>The buffers of a run of several items. For one thread at a time.</summary>
internal sealed class OnnxBatch : IDisposable
{
    private readonly OnnxClassifier _owner;
    private readonly TensorBuffer _input;
    private readonly TensorBuffer _output;
    private readonly OrtValue[] _inputs = new OrtValue[1];
    private readonly OrtValue[] _outputs = new OrtValue[1];

    public OnnxBatch(OnnxClassifier owner, ReadOnlySpan<int> inputShape, ReadOnlySpan<int> outputShape, int capacity)
    {
        _owner = owner;
        _input = new TensorBuffer(owner.InputElement, inputShape, capacity);
        _output = new TensorBuffer(owner.OutputElement, outputShape, capacity);
    }

    /// <summary>Copies the items in, runs them, and copies each one's scores out.</summary>
    public void Execute(ReadOnlySpan<OnnxRun> runs)
    {
        for (var i = 0; i < runs.Length; i++)
        {
            runs[i].InputBytes.CopyTo(_input.Item(i));
        }

        _inputs[0] = _input.Value(runs.Length);
        _outputs[0] = _output.Value(runs.Length);
        _owner.Run(_inputs, _outputs);
        for (var i = 0; i < runs.Length; i++)
        {
            TensorElements.Decode(_output.Item(i), _owner.OutputElement, runs[i].Output);
        }
    }

    /// <summary>Copies items in, and gives them as ONNX Runtime sees them.</summary>
    public OrtValue Store(ReadOnlySpan<byte> items, int count)
    {
        items.CopyTo(_input.Bytes);
        return _input.Value(count);
    }

    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
    }
}

using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>The buffers of a run of several items. Not thread-safe.</summary>
internal sealed class OnnxBatch : IDisposable
{
    private readonly OnnxClassifier _owner;
    private readonly TensorBuffer _input;
    private readonly TensorBuffer _output;

    // One binding per number of items, made on first use.
    private readonly OrtIoBinding?[] _bindings;

    public OnnxBatch(OnnxClassifier owner, ReadOnlySpan<int> inputShape, ReadOnlySpan<int> outputShape, int capacity)
    {
        _owner = owner;
        _input = new TensorBuffer(owner.InputElement, inputShape, capacity);
        _output = new TensorBuffer(owner.OutputElement, outputShape, capacity);
        _bindings = new OrtIoBinding?[capacity + 1];
    }

    /// <summary>Copies the items in, runs them, and copies the scores of each out.</summary>
    public void Execute(ReadOnlySpan<OnnxRun> runs)
    {
        for (var i = 0; i < runs.Length; i++)
        {
            runs[i].InputBytes.CopyTo(_input.Item(i));
        }

        _owner.Run(_bindings[runs.Length] ??= _owner.Bind(_input.Value(runs.Length), _output.Value(runs.Length)));
        for (var i = 0; i < runs.Length; i++)
        {
            TensorElements.Decode(_output.Item(i), _owner.OutputElement, runs[i].Output);
        }
    }

    /// <summary>Copies items in, and returns them as ONNX Runtime's value.</summary>
    public OrtValue Store(ReadOnlySpan<byte> items, int count)
    {
        items.CopyTo(_input.Bytes);
        return _input.Value(count);
    }

    public void Dispose()
    {
        foreach (var binding in _bindings)
        {
            binding?.Dispose();
        }

        _input.Dispose();
        _output.Dispose();
    }
}

using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// The buffers of one run. ONNX Runtime reads and writes them in place: what is written to <see cref="Input"/> is not copied on its way
/// in, nor is <see cref="Output"/> on its way out. For one thread at a time; disposing gives the buffers back to the pool.
/// </summary>
public sealed class OnnxRun : IDisposable
{
    private readonly OnnxClassifier _owner;
    private readonly OrtValue[] _inputs;
    private readonly OrtValue[] _outputs;
    private readonly float[] _input;
    private readonly float[] _output;
    private bool _isRented;

    internal OnnxRun(OnnxClassifier owner, int[] inputShape, int[] outputShape)
    {
        _owner = owner;
        _inputs = [CreateTensor(inputShape, out _input)];
        _outputs = [CreateTensor(outputShape, out _output)];
    }

    /// <summary>The input tensor, in the graph's order. Holds the last run's values until written.</summary>
    public Span<float> Input => _input;

    /// <summary>One score a class, valid after <see cref="Execute"/>.</summary>
    public Span<float> Output => _output;

    /// <summary>Runs the model on <see cref="Input"/>.</summary>
    public void Execute() => _owner.Run(_inputs, _outputs);

    /// <summary>Gives the buffers back; a second call does nothing.</summary>
    public void Dispose()
    {
        if (_isRented)
        {
            _isRented = false;
            _owner.Return(this);
        }
    }

    internal void Rented() => _isRented = true;

    internal static OrtValue CreateTensor(int[] shape, out float[] elements)
    {
        elements = GC.AllocateArray<float>(shape.Aggregate(1, (product, size) => checked(product * size)), pinned: true);
        return OrtValue.CreateTensorValueFromMemory(elements, [.. shape.Select(size => (long)size)]);
    }

    internal void Release()
    {
        _inputs[0].Dispose();
        _outputs[0].Dispose();
    }
}

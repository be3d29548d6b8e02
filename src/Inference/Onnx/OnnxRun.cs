using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// The buffers of one run. ONNX Runtime reads and writes them in place: for a model of 32-bit floats, neither
/// <see cref="Input"/> nor <see cref="Output"/> is copied. Not thread-safe. Disposing returns the buffers to the pool.
/// </summary>
public sealed class OnnxRun : IDisposable
{
    private readonly OnnxClassifier _owner;
    private readonly TensorBuffer _input;
    private readonly TensorBuffer _output;

    private readonly RunOptions _options = new();

    // Null if the graph fixes a batch of several: the item is then copied into the buffers of a batch.
    private readonly OrtIoBinding? _binding;

    // Separate floats, if the graph has another element type.
    private readonly float[]? _inputFloats;
    private readonly float[]? _outputFloats;
    private bool _isRented;

    internal OnnxRun(OnnxClassifier owner, ReadOnlySpan<int> inputShape, ReadOnlySpan<int> outputShape)
    {
        _owner = owner;
        _input = new TensorBuffer(owner.InputElement, inputShape);
        _output = new TensorBuffer(owner.Scores.Element, outputShape);
        _binding = owner.FixedBatch is null ? owner.Bind(_input.Value(1), _output.Value(1)) : null;
        ExecuteAction = Execute;
        _inputFloats = owner.InputElement == TensorElementType.Float32
            ? null
            : new float[_input.ItemBytes / TensorElements.SizeOf(owner.InputElement)];
        _outputFloats = owner.Scores.IsPlain ? null : new float[owner.ClassCount];
    }

    /// <summary>
    /// The input as floats, in the graph's order; call <see cref="StoreInput"/> after writing. Holds the last run's
    /// values until written.
    /// </summary>
    public Span<float> Input => _inputFloats ?? MemoryMarshal.Cast<byte, float>(_input.Bytes);

    /// <summary>
    /// The input tensor itself: elements of <see cref="OnnxClassifier.InputElement"/>, little-endian, in the graph's
    /// order.
    /// </summary>
    public Span<byte> InputBytes => _input.Bytes;

    /// <summary>One score per class, valid after <see cref="Execute()"/>.</summary>
    public Span<float> Output => _outputFloats ?? MemoryMarshal.Cast<byte, float>(_output.Bytes);

    /// <summary><see cref="Execute()"/> as a delegate, made once.</summary>
    internal Action<CancellationToken> ExecuteAction { get; }

    /// <summary>
    /// Converts <see cref="Input"/> to the graph's element type: to the nearest float, or to integers, rounded and
    /// clamped to their range. Does nothing if the graph takes 32-bit floats.
    /// </summary>
    public void StoreInput()
    {
        if (_inputFloats is not null)
        {
            TensorElements.Encode(_inputFloats, _owner.InputElement, _input.Bytes);
        }
    }

    /// <summary>Runs the model on the input, alone.</summary>
    /// <exception cref="InferenceException">The model fails on this input.</exception>
    public void Execute() => Execute(CancellationToken.None);

    /// <inheritdoc cref="Execute()"/>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="OperationCanceledException">The run was ended.</exception>
    internal void Execute(CancellationToken cancellationToken) => ExecuteWith(_options, cancellationToken);

    internal void ExecuteWith(RunOptions options, CancellationToken cancellationToken)
    {
        if (_binding is null)
        {
            _owner.ExecuteTogether([this], options, cancellationToken);
            return;
        }

        _owner.Run(_binding, options, cancellationToken);
        if (_outputFloats is not null)
        {
            _owner.Scores.Decode(_output.Bytes, _outputFloats);
        }
    }

    /// <summary>Returns the buffers. A second call does nothing.</summary>
    public void Dispose()
    {
        if (_isRented)
        {
            _isRented = false;
            _owner.Return(this);
        }
    }

    internal void MarkRented() => _isRented = true;

    internal void Release()
    {
        _options.Dispose();
        _binding?.Dispose();
        _input.Dispose();
        _output.Dispose();
    }
}

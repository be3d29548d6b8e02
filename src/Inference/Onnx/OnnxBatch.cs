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
        _output = new TensorBuffer(owner.Scores.Element, outputShape, capacity);
        _bindings = new OrtIoBinding?[capacity + 1];
    }

    /// <summary>The options of this batch's runs.</summary>
    public RunOptions Options { get; } = new();

    /// <summary>
    /// Copies the items in, runs them, and copies the scores of each out. The last item fills the rest of a batch whose
    /// size the graph fixes: nothing of an earlier run is left in it.
    /// </summary>
    /// <param name="runs">The items.</param>
    /// <param name="options">The options of the run; null for the usual ones.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public void Execute(ReadOnlySpan<OnnxRun> runs, RunOptions? options, CancellationToken cancellationToken)
    {
        var count = _owner.ItemsOfRun(runs.Length);
        for (var i = 0; i < count; i++)
        {
            runs[Math.Min(i, runs.Length - 1)].InputBytes.CopyTo(_input.Item(i));
        }

        _owner.Run(
            _bindings[count] ??= _owner.Bind(_input.Value(count), _output.Value(count)), options ?? Options,
            cancellationToken);
        for (var i = 0; i < runs.Length; i++)
        {
            _owner.Scores.Decode(_output.Item(i), runs[i].Output);
        }
    }

    /// <summary>
    /// Copies items in, and returns them as ONNX Runtime's value, filled up as by <see cref="Execute"/>.
    /// </summary>
    public OrtValue Store(ReadOnlySpan<byte> items, int count)
    {
        items.CopyTo(_input.Bytes);
        var filled = _owner.ItemsOfRun(count);
        for (var i = count; i < filled; i++)
        {
            _input.Item(count - 1).CopyTo(_input.Item(i));
        }

        return _input.Value(filled);
    }

    public void Dispose()
    {
        foreach (var binding in _bindings)
        {
            binding?.Dispose();
        }

        Options.Dispose();
        _input.Dispose();
        _output.Dispose();
    }
}

using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// Runs a model that takes one float tensor and gives one row of K class scores an item. Safe for any number of threads at once; each run
/// has buffers of its own, which are pooled.
/// </summary>
public sealed class OnnxClassifier : IDisposable
{
    private readonly OnnxModel _model;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private readonly int[] _inputShape;
    private readonly int[] _outputShape;
    private readonly ConcurrentBag<OnnxRun> _idleRuns = [];
    private readonly RunOptions _runOptions = new();

    // The owner's lease and one for each rented run: the native session goes when the last is given back, never under a run.
    private int _leases = 1;
    private bool _disposed;

    /// <summary>Binds a model to a concrete input shape and runs it twice, so that no request pays for the first run.</summary>
    /// <param name="model">The model; owned, and disposed with this object.</param>
    /// <param name="input">The input that is fed.</param>
    /// <param name="output">The output that holds the class scores.</param>
    /// <param name="inputShape">The shape for one item, every size known, the batch axis included where the graph has one.</param>
    /// <param name="hasBatchAxis">Whether the first axis of that shape counts items.</param>
    /// <exception cref="InvalidDataException">The model does not run on that shape, or its output is not one row of scores.</exception>
    public OnnxClassifier(OnnxModel model, OnnxTensorInfo input, OnnxTensorInfo output, IReadOnlyList<int> inputShape, bool hasBatchAxis = true)
    {
        HasBatchAxis = hasBatchAxis;
        _model = model;
        _inputNames = [input.Name];
        _outputNames = [output.Name];
        _inputShape = [.. inputShape];
        _outputShape = FindOutputShape();
        ClassCount = _outputShape.Max();
        using var warmUp = Rent();
        warmUp.Execute();
    }

    /// <summary>K, the number of scores a row.</summary>
    public int ClassCount { get; }

    /// <summary>The shape of one item of input, batch axis included where there is one.</summary>
    public IReadOnlyList<int> InputShape => _inputShape;

    /// <summary>The bytes of one item of input.</summary>
    public int ItemBytes => _inputShape.Aggregate(sizeof(float), (bytes, size) => bytes * size);

    /// <summary>Whether the input's first axis counts items.</summary>
    public bool HasBatchAxis { get; }

    /// <summary>Runs items one by one and joins what the graph gives for them along the first axis.</summary>
    /// <param name="items">The items' tensors one after the other, little-endian.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="outputNames">The graph's outputs that are wanted, in the order of the answer.</param>
    public IReadOnlyList<OnnxTensor> RunAll(ReadOnlyMemory<byte> items, int count, IReadOnlyCollection<string> outputNames)
    {
        ObjectDisposedException.ThrowIf(!TryAddLease(), this);
        try
        {
            string[] names = [.. outputNames];
            using var input = OnnxRun.CreateTensor(_inputShape, out var elements);
            var parts = new List<byte>[names.Length];
            var answers = new OnnxTensor[names.Length];
            for (var item = 0; item < count; item++)
            {
                items.Span.Slice(item * ItemBytes, ItemBytes).CopyTo(MemoryMarshal.AsBytes(elements.AsSpan()));
                using var outputs = _model.Session.Run(_runOptions, _inputNames, [input], names);
                for (var i = 0; i < names.Length; i++)
                {
                    var type = outputs[i].GetTensorTypeAndShape();
                    (parts[i] ??= []).AddRange(outputs[i].GetTensorDataAsSpan<byte>());
                    int[] shape = [.. type.Shape.Select(size => checked((int)size))];
                    answers[i] = new OnnxTensor(names[i], type.ElementDataType.ToString().ToLowerInvariant(), HasBatchAxis && shape.Length > 0 ? [shape[0] * count, .. shape[1..]] : shape, []);
                }
            }

            return [.. answers.Zip(parts, (answer, bytes) => answer with { Bytes = [.. bytes] })];
        }
        finally
        {
            ReleaseLease();
        }
    }

    /// <summary>Takes buffers for one item. Write <see cref="OnnxRun.Input"/>, call <see cref="OnnxRun.Execute"/>, read <see cref="OnnxRun.Output"/>, dispose.</summary>
    public OnnxRun Rent()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) || !TryAddLease(), this);
        var run = _idleRuns.TryTake(out var idle) ? idle : new OnnxRun(this, _inputShape, _outputShape);
        run.Rented();
        return run;
    }

    /// <summary>Refuses further runs; those that are rented may finish, and the last one's return frees the model.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            ReleaseLease();
        }
    }

    internal void Run(OrtValue[] inputs, OrtValue[] outputs) =>
        _model.Session.Run(_runOptions, _inputNames, inputs, _outputNames, outputs);

    internal void Return(OnnxRun run)
    {
        _idleRuns.Add(run);
        ReleaseLease();
    }

    private bool TryAddLease()
    {
        for (var leases = Volatile.Read(ref _leases); leases > 0;)
        {
            var before = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (before == leases)
            {
                return true;
            }

            leases = before;
        }

        return false;
    }

    private void ReleaseLease()
    {
        if (Interlocked.Decrement(ref _leases) > 0)
        {
            return;
        }

        foreach (var run in _idleRuns)
        {
            run.Release();
        }

        _runOptions.Dispose();
        _model.Dispose();
    }

    private int[] FindOutputShape()
    {
        using var input = OnnxRun.CreateTensor(_inputShape, out _);
        try
        {
            using var outputs = _model.Session.Run(_runOptions, _inputNames, [input], _outputNames);
            int[] shape = [.. outputs[0].GetTensorTypeAndShape().Shape.Select(size => checked((int)size))];
            if (shape.Count(size => size > 1) != 1 || shape.Any(size => size < 1))
            {
                throw new InvalidDataException(
                    $"output '{_outputNames[0]}' has the shape [{string.Join(", ", shape)}] for one image; a classifier gives one row of at least two class scores");
            }

            return shape;
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"the warm-up run failed: {exception.Message}", exception);
        }
    }
}

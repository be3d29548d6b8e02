using System.Collections.Concurrent;
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
    private bool _disposed;

    /// <summary>Binds a model to a concrete input shape and runs it twice, so that no request pays for the first run.</summary>
    /// <param name="model">The model; owned, and disposed with this object.</param>
    /// <param name="input">The input that is fed.</param>
    /// <param name="output">The output that holds the class scores.</param>
    /// <param name="inputShape">The shape for one item, every size known, the batch axis included where the graph has one.</param>
    /// <exception cref="InvalidDataException">The model does not run on that shape, or its output is not one row of scores.</exception>
    public OnnxClassifier(OnnxModel model, OnnxTensorInfo input, OnnxTensorInfo output, IReadOnlyList<int> inputShape)
    {
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

    /// <summary>Takes buffers for one item. Write <see cref="OnnxRun.Input"/>, call <see cref="OnnxRun.Execute"/>, read <see cref="OnnxRun.Output"/>, dispose.</summary>
    public OnnxRun Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var run = _idleRuns.TryTake(out var idle) ? idle : new OnnxRun(this, _inputShape, _outputShape);
        run.Rented();
        return run;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        while (_idleRuns.TryTake(out var run))
        {
            run.Release();
        }

        _runOptions.Dispose();
        _model.Dispose();
    }

    internal void Run(OrtValue[] inputs, OrtValue[] outputs) =>
        _model.Session.Run(_runOptions, _inputNames, inputs, _outputNames, outputs);

    internal void Return(OnnxRun run)
    {
        if (_disposed)
        {
            run.Release();
        }
        else
        {
            _idleRuns.Add(run);
        }
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

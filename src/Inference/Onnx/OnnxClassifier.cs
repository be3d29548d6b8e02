using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// Runs a model that takes one tensor and gives one row of K class scores per item. Thread-safe: each run has its own
/// buffers, which are pooled.
/// </summary>
public sealed partial class OnnxClassifier : IDisposable
{
    private const int PooledBytes = 1 << 26;
    private const int MaxPooledRuns = 256;

    // Of a whole run.
    private const int MaxScores = 1 << 26;

    private readonly OnnxModel _model;
    private readonly string _inputName;
    private readonly string _outputName;
    private readonly bool _hasOpenBatchAxis;
    private readonly int[] _inputShape;
    private readonly int[] _outputShape;
    private readonly IdlePool<OnnxRun> _idleRuns;
    private readonly IdlePool<OnnxBatch> _idleBatches = new(Environment.ProcessorCount);

    // The shape for one item, until a batch has been seen to work.
    private int[] _batchOutputShape;

    // The owner's lease, and one per rented run: the native session is freed when the last is returned, never during a
    // run.
    private int _leases = 1;
    private bool _disposed;

    /// <summary>Binds a model to a concrete input shape, and runs it once to find the shape of its scores.</summary>
    /// <param name="model">The model; owned and disposed by this object.</param>
    /// <param name="input">The graph's input.</param>
    /// <param name="output">The output that holds the class scores.</param>
    /// <param name="inputShape">
    /// The shape for one item, with every size known, including the batch axis if the graph has one: 1, even if the
    /// graph fixes a larger batch.
    /// </param>
    /// <param name="hasBatchAxis">Whether the first axis of that shape counts items.</param>
    /// <exception cref="InvalidDataException">
    /// The model does not run on that shape, or its output is not one row of scores.
    /// </exception>
    public OnnxClassifier(
        OnnxModel model, OnnxTensorInfo input, OnnxTensorInfo output, IReadOnlyList<int> inputShape,
        bool hasBatchAxis = true)
    {
        _model = model;
        _inputName = input.Name;
        _outputName = output.Name;
        _hasOpenBatchAxis = hasBatchAxis && input.Shape[0] == OnnxTensorInfo.Dynamic;
        _inputShape = [.. inputShape];
        HasBatchAxis = hasBatchAxis;
        FixedBatch = hasBatchAxis && input.Shape[0] > 1 ? input.Shape[0] : null;
        InputElement = TensorElements.Named(input.ElementType)
            ?? throw new InvalidDataException($"input '{input.Name}' holds {input.ElementType}");
        Scores = ScoresEncoding.Of(model.Graph, output)
            ?? throw new InvalidDataException($"output '{output.Name}' holds {output.ElementType}");
        ItemBytes = TensorBuffer.BytesOf(InputElement, _inputShape);

        var items = ItemsOfRun(1);
        var scores = model.MeasureScores(input, inputShape, items).First(measured => measured.Name == output.Name);
        _outputShape = scores.OfOneItem(items) is { IsRowOfScores: true } row
            ? [.. row.Shape]
            : throw new InvalidDataException(
                $"output '{scores.Name}' has the shape {scores.ShapeText} for {items} image(s); a classifier gives one "
                + "row of at least two class scores for each");
        _batchOutputShape = _outputShape;
        ClassCount = _outputShape.Max();
        if ((long)ClassCount * items > MaxScores)
        {
            throw new InvalidDataException(
                $"output '{scores.Name}' has the shape {scores.ShapeText}; at most {MaxScores} numbers are served");
        }

        var runBytes = ItemBytes + (ClassCount * sizeof(float));
        _idleRuns = new IdlePool<OnnxRun>(
            Math.Clamp(PooledBytes / runBytes, 2 * Environment.ProcessorCount, MaxPooledRuns));
    }

    /// <summary>K, the number of scores per row.</summary>
    public int ClassCount { get; }

    /// <summary>The element type of the input.</summary>
    public TensorElementType InputElement { get; }

    /// <summary>The input shape of one item, including the batch axis if there is one.</summary>
    public IReadOnlyList<int> InputShape => _inputShape;

    /// <summary>Whether the input's first axis counts items.</summary>
    public bool HasBatchAxis { get; }

    /// <summary>The number of bytes of one input item.</summary>
    public int ItemBytes { get; }

    /// <summary>The most items that can share a run.</summary>
    public int MaxBatchSize { get; private set; } = 1;

    /// <summary>Why <see cref="MaxBatchSize"/> is 1, in words; null if it is more.</summary>
    public string? BatchingRefusal { get; private set; } = "no larger batch has been tried";

    /// <summary>
    /// The size of the batch if the graph fixes one of several items: every run then has as many. Null otherwise.
    /// </summary>
    internal int? FixedBatch { get; }

    /// <summary>How the output represents scores.</summary>
    internal ScoresEncoding Scores { get; }

    /// <summary>The owner's lease until it disposes, and one per rented run.</summary>
    internal int Leases => Volatile.Read(ref _leases);

    /// <summary>
    /// Rents buffers for one item. Write <see cref="OnnxRun.Input"/>, call <see cref="OnnxRun.Execute()"/>, read
    /// <see cref="OnnxRun.Output"/>, and dispose.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The classifier is disposed.</exception>
    public OnnxRun Rent()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) || !TryAddLease(), this);
        var run = _idleRuns.Rent() ?? new OnnxRun(this, _inputShape, _outputShape);
        run.MarkRented();
        return run;
    }

    /// <summary>Runs several rented items in one session run.</summary>
    /// <param name="runs">1…<see cref="MaxBatchSize"/> items of this classifier.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="InferenceException">The model fails on them; some may succeed alone.</exception>
    /// <exception cref="OperationCanceledException">The run was ended.</exception>
    internal void ExecuteTogether(ReadOnlySpan<OnnxRun> runs, CancellationToken cancellationToken = default) =>
        ExecuteTogether(runs, options: null, cancellationToken);

    internal void ExecuteTogether(
        ReadOnlySpan<OnnxRun> runs, RunOptions? options, CancellationToken cancellationToken)
    {
        var batch = RentBatch();
        try
        {
            batch.Execute(runs, options, cancellationToken);
        }
        finally
        {
            Return(batch);
        }
    }

    /// <summary>
    /// Rejects further runs. Rented runs may finish; returning the last one frees the model.
    /// </summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            ReleaseLease();
        }
    }

    /// <summary>How many items ONNX Runtime gets when so many are wanted.</summary>
    internal int ItemsOfRun(int wanted) => FixedBatch ?? wanted;

    internal OrtIoBinding Bind(OrtValue input, OrtValue output)
    {
        var binding = _model.Session.CreateIoBinding();
        binding.BindInput(_inputName, input);
        binding.BindOutput(_outputName, output);
        return binding;
    }

    internal void Run(OrtIoBinding binding, RunOptions options, CancellationToken cancellationToken)
    {
        try
        {
            using var end = OnnxModel.EndWhenCancelled(options, cancellationToken);
            _model.Session.RunWithBinding(options, binding);
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Failed(exception);
        }
        finally
        {
            OnnxModel.AllowRuns(options, cancellationToken);
        }
    }

    internal void Return(OnnxRun run)
    {
        if (!_idleRuns.TryReturn(run))
        {
            run.Release();
        }

        ReleaseLease();
    }

    private static InferenceException Failed(OnnxRuntimeException exception) =>
        new(
            InferenceError.ModelRunFailed, $"The model fails on this input: {OnnxRuntimeFault.Describe(exception)}",
            exception);

    private OnnxBatch RentBatch() =>
        _idleBatches.Rent() ?? new OnnxBatch(this, _inputShape, _batchOutputShape, ItemsOfRun(MaxBatchSize));

    private void Return(OnnxBatch batch)
    {
        if (!_idleBatches.TryReturn(batch))
        {
            batch.Dispose();
        }
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

        while (_idleRuns.Rent() is { } run)
        {
            run.Release();
        }

        while (_idleBatches.Rent() is { } batch)
        {
            batch.Dispose();
        }

        _model.Dispose();
    }
}

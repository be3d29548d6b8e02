using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Onnx;

public sealed partial class OnnxClassifier
{
    /// <summary>
    /// Runs items in runs of their own, and returns the graph's outputs for them, joined along the first axis.
    /// </summary>
    /// <param name="items">
    /// The items one after the other: elements of <see cref="InputElement"/>, little-endian.
    /// </param>
    /// <param name="count">The number of items, at least 1.</param>
    /// <param name="outputNames">
    /// The names of the outputs to return, in this order. They must be tensors, but not of strings.
    /// </param>
    /// <param name="cancellationToken">Ends the run in progress.</param>
    /// <exception cref="ArgumentException">
    /// The length is not that of <paramref name="count"/> items.
    /// </exception>
    /// <exception cref="InferenceException">
    /// The model fails on an item, or an output cannot be joined into one tensor.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The classifier is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<OnnxTensor> RunAll(
        ReadOnlyMemory<byte> items, int count, IReadOnlyCollection<string> outputNames,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (items.Length != (long)count * ItemBytes)
        {
            throw new ArgumentException(
                $"There are {items.Length} bytes; {count} items have {(long)count * ItemBytes}.", nameof(items));
        }

        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) || !TryAddLease(), this);
        try
        {
            string[] names = [.. outputNames];
            // Runs of one item always succeed or throw.
            return names.Length == 0 ? []
                : TryRunAll(items.Span, count, names, MaxBatchSize, cancellationToken)
                    ?? TryRunAll(items.Span, count, names, batchSize: 1, cancellationToken)!;
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Failed(exception);
        }
        finally
        {
            ReleaseLease();
        }
    }

    /// <summary>The tensor that <see cref="RunAll"/> would return for rows of scores.</summary>
    internal OnnxTensor ToTensor(ReadOnlySpan<float> scores, int count)
    {
        int[] itemShape = HasBatchAxis && _outputShape[0] == 1 ? _outputShape[1..] : _outputShape;
        return new OnnxTensor(
            _outputName, TensorElements.ToOrt(Scores.Element).ToString().ToLowerInvariant(),
            count == 1 ? _outputShape : [count, .. itemShape], Scores.Encode(scores));
    }

    /// <summary>The rows of scores in a tensor of <see cref="RunAll"/>.</summary>
    internal float[] ToScores(OnnxTensor tensor) => Scores.Decode(tensor.Bytes);

    /// <summary>Null if an output does not follow the batch.</summary>
    private OnnxTensor[]? TryRunAll(
        ReadOnlySpan<byte> items, int count, string[] names, int batchSize, CancellationToken cancellationToken)
    {
        var answers = new OnnxTensor?[names.Length];
        var batch = RentBatch();
        var end = OnnxModel.EndWhenCancelled(batch.Options, cancellationToken);
        try
        {
            for (var start = 0; start < count; start += batchSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var size = Math.Min(batchSize, count - start);
                var input = batch.Store(items.Slice(start * ItemBytes, size * ItemBytes), size);
                using var outputs = _model.Session.Run(batch.Options, [_inputName], [input], names);
                for (var i = 0; i < names.Length; i++)
                {
                    var type = outputs[i].GetTensorTypeAndShape();
                    if (!outputs[i].IsTensor || type.IsString)
                    {
                        throw new InferenceException(
                            InferenceError.ModelRunFailed,
                            $"The output '{names[i]}' is not a tensor of numbers; only such outputs can be returned.");
                    }

                    int[] shape = OnnxModel.ShapeOf(outputs[i]);
                    var followsBatch = HasBatchAxis && shape.Length > 0 && shape[0] == ItemsOfRun(size);
                    if (size > 1 && !followsBatch)
                    {
                        return null;
                    }

                    var bytes = outputs[i].GetTensorMutableRawData();
                    int[] itemShape = followsBatch ? shape[1..] : shape;
                    int[] wholeShape = followsBatch || count > 1 ? [count, .. itemShape] : shape;
                    var itemBytes = followsBatch ? bytes.Length / ItemsOfRun(size) : bytes.Length;
                    var whole = answers[i] ??= new OnnxTensor(
                        names[i], type.ElementDataType.ToString().ToLowerInvariant(), wholeShape,
                        new byte[checked(itemBytes * count)]);
                    if (!whole.Shape.SequenceEqual(wholeShape))
                    {
                        throw new InferenceException(
                            InferenceError.ModelRunFailed,
                            $"The output '{names[i]}' has another shape for each item, which is not a tensor; send the "
                            + "items one by one.");
                    }

                    bytes[..(itemBytes * size)].CopyTo(whole.Bytes.AsSpan(itemBytes * start));
                }
            }
        }
        finally
        {
            end.Dispose();
            OnnxModel.AllowRuns(batch.Options, cancellationToken);
            Return(batch);
        }

        return answers!; // there was at least one item, which filled every element
    }
}

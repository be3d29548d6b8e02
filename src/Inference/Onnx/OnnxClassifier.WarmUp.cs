using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Onnx;

public sealed partial class OnnxClassifier
{
    private const int MaxBatchBytes = 1 << 26;

    // Kernels may add up a batch in another order than a single item. Mixing items would make a far larger difference.
    private const float BatchTolerance = 1e-3f;
    private const float HalfBatchTolerance = 1e-2f;
    private const float SmallestScale = 1e-3f;

    // Dropout of few numbers sometimes drops the same ones.
    private const int RepeatedSamples = 3;

    // The same kernels in the same order give the same bits, except where threads share a sum.
    private const float RepeatTolerance = 1e-5f;

    /// <summary>
    /// Runs the samples one by one and in the largest batch, so that no request pays for a first run. If the graph
    /// cannot take batches, or gives an item in a batch other scores than alone, <see cref="MaxBatchSize"/> stays 1 and
    /// <see cref="BatchingRefusal"/> says why.
    /// </summary>
    /// <param name="samples">Different inputs.</param>
    /// <param name="maxBatchSize">The most items that may share a run, at least 1.</param>
    /// <returns>The scores of the samples that the model can run, at least one.</returns>
    /// <exception cref="InvalidDataException">
    /// The model fails on every sample, or gives different scores for the same sample.
    /// </exception>
    /// <exception cref="OperationCanceledException">The load was ended early.</exception>
    internal IReadOnlyList<float[]> WarmUp(IReadOnlyList<float[]> samples, int maxBatchSize)
    {
        var inputs = new List<float[]>();
        var scores = new List<float[]>();
        string? failure = null;
        foreach (var sample in samples)
        {
            using var run = Rent();
            try
            {
                Fill(run, sample);
                run.Execute(_model.LoadCancelled);
                inputs.Add(sample);
                scores.Add(run.Output.ToArray());
            }
            catch (InferenceException exception)
            {
                failure = exception.Message;
            }
        }

        if (scores.Count == 0)
        {
            throw new InvalidDataException($"the warm-up run failed: {failure}");
        }

        for (var i = Math.Max(0, inputs.Count - RepeatedSamples); i < inputs.Count; i++)
        {
            CheckIsRepeatable(inputs[i], scores[i]);
        }

        BatchingRefusal = TryBatches(inputs, scores, Math.Min(maxBatchSize, MaxBatchBytes / ItemBytes), maxBatchSize);
        GiveBackArena(inputs[0]);
        return scores;
    }

    /// <summary>
    /// One more run, after which ONNX Runtime frees the memory of the largest batch: a model that never gets such a
    /// batch need not keep it.
    /// </summary>
    /// <param name="input">A sample that the model can run.</param>
    private void GiveBackArena(float[] input)
    {
        using var shrinking = new RunOptions();
        shrinking.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
        using var run = Rent();
        Fill(run, input);
        run.ExecuteWith(shrinking, _model.LoadCancelled);
    }

    /// <summary>
    /// Rejects a model whose answers depend on previous runs or on chance. The last samples are noise, which reveals
    /// more than a plain image.
    /// </summary>
    private void CheckIsRepeatable(float[] input, float[] scores)
    {
        using var run = Rent();
        Fill(run, input);
        run.Execute(_model.LoadCancelled);
        if (!AreClose(run.Output, scores, RepeatTolerance))
        {
            throw new InvalidDataException(
                "the graph gives other scores when the same image is run again: it draws random numbers, or keeps what "
                + "it saw. Export it in evaluation mode (in PyTorch: model.eval() first)");
        }
    }

    private static void Fill(OnnxRun run, float[] sample)
    {
        sample.CopyTo(run.Input);
        run.StoreInput();
    }

    private string? TryBatches(List<float[]> inputs, List<float[]> scores, int largest, int allowed)
    {
        if (!HasBatchAxis)
        {
            return _inputShape[0] == 1 ? "the graph takes a single image" : "the graph has no batch axis";
        }

        if (!_hasOpenBatchAxis && FixedBatch is null)
        {
            return "the graph fixes its batch at 1; export it with a dynamic batch axis to have requests share runs";
        }

        if (allowed == 1)
        {
            return "joining requests is switched off (a maximum batch of 1)";
        }

        if (FixedBatch is null && largest < 2)
        {
            return $"one image takes {ItemBytes >> 20} MB";
        }

        var refusal = FixedBatch is null ? FindBatchOutputShape() : null;
        if (refusal is not null)
        {
            return refusal;
        }

        // A fixed batch takes as long when it is full as with one item.
        MaxBatchSize = FixedBatch ?? largest;
        var runs = new OnnxRun[MaxBatchSize];
        for (var i = 0; i < runs.Length; i++)
        {
            runs[i] = Rent();
        }

        try
        {
            // Smaller batches would reveal nothing more, and running them all would take most of the time of a start.
            refusal = TryBatch(runs, inputs, scores);
        }
        finally
        {
            foreach (var run in runs)
            {
                run.Dispose();
            }
        }

        if (refusal is not null)
        {
            // Its buffers are those of batches, which will not be used.
            while (_idleBatches.Rent() is { } batch)
            {
                batch.Dispose();
            }

            MaxBatchSize = 1;
            _batchOutputShape = _outputShape;
        }

        return refusal;
    }

    /// <summary>Finds the shape of the scores of a batch. Returns why there is none; null if there is.</summary>
    private string? FindBatchOutputShape()
    {
        using var two = new TensorBuffer(InputElement, _inputShape, capacity: 2);
        try
        {
            using var options = new RunOptions();
            using var end = _model.EndWithLoad(options);
            using var outputs = _model.Session.Run(options, [_inputName], [two.Value(2)], [_outputName]);
            var shape = OnnxModel.ShapeOf(outputs[0]);
            if (shape is not [2, ..] || shape.Aggregate(1L, (product, size) => product * size) != 2L * ClassCount)
            {
                return $"the output has the shape [{string.Join(", ", shape)}] for two images: it does not follow the "
                    + "batch";
            }

            _batchOutputShape = [1, .. shape[1..]];
            return null;
        }
        catch (OnnxRuntimeException exception)
        {
            return $"the graph cannot run two images at once: {OnnxRuntimeFault.Describe(exception)}";
        }
    }

    private string? TryBatch(OnnxRun[] runs, List<float[]> inputs, List<float[]> scores)
    {
        for (var i = 0; i < runs.Length; i++)
        {
            Fill(runs[i], inputs[(i + runs.Length) % inputs.Count]);
        }

        try
        {
            ExecuteTogether(runs, _model.LoadCancelled);
        }
        catch (InferenceException exception)
        {
            return $"the graph cannot run {runs.Length} images at once: {exception.Message}";
        }

        for (var i = 0; i < runs.Length; i++)
        {
            var tolerance = InputElement == TensorElementType.Float16 || Scores.Element == TensorElementType.Float16
                ? HalfBatchTolerance
                : BatchTolerance;
            if (!AreClose(runs[i].Output, scores[(i + runs.Length) % inputs.Count], tolerance))
            {
                return $"the graph mixes the images of a batch: among {runs.Length}, one has other scores than alone";
            }
        }

        return null;
    }

    private static bool AreClose(ReadOnlySpan<float> together, ReadOnlySpan<float> alone, float relativeTolerance)
    {
        var scale = SmallestScale;
        foreach (var score in alone)
        {
            scale = float.IsFinite(score) ? MathF.Max(scale, MathF.Abs(score)) : scale;
        }

        var tolerance = scale * relativeTolerance;
        for (var k = 0; k < alone.Length; k++)
        {
            if (!together[k].Equals(alone[k]) && !(MathF.Abs(together[k] - alone[k]) <= tolerance))
            {
                return false;
            }
        }

        return true;
    }
}

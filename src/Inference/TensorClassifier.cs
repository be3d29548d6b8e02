using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Observation;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference;

/// <summary>The front door for tensors: tensors or images in, tensors out.</summary>
public static class TensorClassifier
{
    /// <summary>
    /// Runs a model on a batch of items and returns their logits <c>z</c>, their probabilities <c>softmax(z / T)</c>,
    /// and the graph's own outputs.
    /// </summary>
    /// <param name="model">The model that answers.</param>
    /// <param name="request">The items and what is wanted of them.</param>
    /// <param name="cancellationToken">Ends the wait; runs that have not begun are left out.</param>
    /// <exception cref="ArgumentException">
    /// There are not as many items as the request says, or it has both items and images.
    /// </exception>
    /// <exception cref="InferenceException">
    /// Too much is pending for the model, an image cannot be read, the model fails on an item, or scores are wanted and
    /// an item's are not finite.
    /// </exception>
    public static async Task<TensorAnswer> ClassifyAsync(
        ClassifierModel model, TensorRequest request, CancellationToken cancellationToken)
    {
        Check(model, request);
        using var pending = model.Admission.Enter(Math.Min(request.Count, model.MaxBatchSize));
        var temperature = AppliedTemperature.Resolve(request.Temperature, model.CalibratedTemperature);

        // Scores come from runs that are shared with other requests. The graph's other outputs need a run of their own,
        // which has the scores too.
        var (scores, graphOutputs) = request.GraphOutputs.Any(name => name != model.GraphOutput.Name)
            ? await RunAllAsync(model, request, cancellationToken)
            : await RunTogetherAsync(model, request, cancellationToken);
        if (!request.Scores)
        {
            return new TensorAnswer(request.Count, model.ClassCount, [], [], [], temperature, graphOutputs);
        }

        using var span = Telemetry.Spans.StartActivity("softmax");
        for (var start = 0; start < scores.Length; start += model.ClassCount)
        {
            model.ToLogits(scores.AsSpan(start, model.ClassCount));
        }

        var probabilities = ProbabilitiesOf(scores, model.ClassCount, temperature.Value);
        var ranking = Rank(scores, model.ClassCount, Math.Min(request.TopK, model.ClassCount));
        CountAnswers(model, scores, probabilities, temperature.Value, ranking);
        return new TensorAnswer(
            request.Count, model.ClassCount, scores, probabilities, ranking, temperature, graphOutputs);
    }

    private static void Check(ClassifierModel model, TensorRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.TopK, 1);
        var itemBytes = model.Classifier.ItemBytes;
        var fits = request.Images is { } images
            ? images.Count == request.Count && request.Items.IsEmpty
            : request.Items.Length == (long)request.Count * itemBytes;
        if (!fits)
        {
            throw new ArgumentException(
                $"A request for {request.Count} items has that many images, "
                + $"or {request.Count} × {itemBytes} bytes of items.",
                nameof(request));
        }
    }

    private static async Task<(float[] Scores, IReadOnlyList<OnnxTensor> GraphOutputs)> RunTogetherAsync(
        ClassifierModel model, TensorRequest request, CancellationToken cancellationToken)
    {
        var scores = new float[checked(request.Count * model.ClassCount)];
        for (var start = 0; start < request.Count; start += model.MaxBatchSize)
        {
            await using var group = new RunGroup(model.Queue);
            for (var index = start; index < Math.Min(start + model.MaxBatchSize, request.Count); index++)
            {
                group.Add(await PrepareAsync(model, request, index, cancellationToken));
            }

            await Task.WhenAll(group.Execute(cancellationToken));
            for (var i = 0; i < group.Runs.Count; i++)
            {
                group.Runs[i].Output.CopyTo(scores.AsSpan((start + i) * model.ClassCount));
            }
        }

        return (scores, [.. request.GraphOutputs.Select(_ => model.Classifier.ToTensor(scores, request.Count))]);
    }

    private static async Task<(float[] Scores, IReadOnlyList<OnnxTensor> GraphOutputs)> RunAllAsync(
        ClassifierModel model, TensorRequest request, CancellationToken cancellationToken)
    {
        var items = request.Images is null ? request.Items : await PrepareAllAsync(model, request, cancellationToken);
        string[] names = [.. request.GraphOutputs, model.GraphOutput.Name];
        IReadOnlyList<OnnxTensor> outputs = [];
        await model.Queue.ExecuteAloneAsync(
            token => outputs = model.Classifier.RunAll(items, request.Count, names, token), cancellationToken);
        return (model.Classifier.ToScores(outputs[^1]), [.. outputs.SkipLast(1)]);
    }

    private static async Task<ReadOnlyMemory<byte>> PrepareAllAsync(
        ClassifierModel model, TensorRequest request, CancellationToken cancellationToken)
    {
        var length = model.Classifier.ItemBytes;
        var items = new byte[checked(request.Count * length)];
        for (var index = 0; index < request.Count; index++)
        {
            using var run = await PrepareAsync(model, request, index, cancellationToken);
            run.InputBytes.CopyTo(items.AsSpan(index * length));
        }

        return items;
    }

    private static async ValueTask<OnnxRun> PrepareAsync(
        ClassifierModel model, TensorRequest request, int index, CancellationToken cancellationToken)
    {
        if (request.Images is { } images)
        {
            try
            {
                return await model.PrepareAsync(images[index], cancellationToken);
            }
            catch (InferenceException fault) when (images.Count > 1)
            {
                throw new InferenceException(fault.Error, $"Item {index}: {fault.Message}", fault);
            }
        }

        var run = model.Classifier.Rent();
        var length = run.InputBytes.Length;
        request.Items.Span.Slice(index * length, length).CopyTo(run.InputBytes);
        return run;
    }

    private static float[] ProbabilitiesOf(float[] logits, int classCount, float temperature)
    {
        var probabilities = new float[logits.Length];
        Softmax.ComputeRows(logits, probabilities, classCount, temperature);
        for (var start = 0; start < logits.Length; start += classCount)
        {
            if (float.IsNaN(probabilities[start]))
            {
                throw new InferenceException(
                    InferenceError.ModelOutputNotFinite,
                    $"The model's output for item {start / classCount} holds NaN or +Infinity, "
                    + "or is -Infinity for every class: it has no probabilities.");
            }
        }

        return probabilities;
    }

    private static int[] Rank(float[] logits, int classCount, int topK)
    {
        var ranking = new int[logits.Length / classCount * topK];
        for (var (start, rank) = (0, 0); start < logits.Length; start += classCount, rank += topK)
        {
            Ranking.TopK(logits.AsSpan(start, classCount), ranking.AsSpan(rank, topK));
        }

        return ranking;
    }

    /// <summary>Counts the answers in the model's metrics: as for images, at the model's own temperature.</summary>
    private static void CountAnswers(
        ClassifierModel model,
        ReadOnlySpan<float> logits,
        ReadOnlySpan<float> probabilities,
        float temperature,
        ReadOnlySpan<int> ranking)
    {
        var ownProbabilities = temperature == model.OwnTemperature ? null : new float[model.ClassCount];
        var count = logits.Length / model.ClassCount;
        for (var item = 0; item < count; item++)
        {
            var row = logits.Slice(item * model.ClassCount, model.ClassCount);
            var own = probabilities.Slice(item * model.ClassCount, model.ClassCount);
            if (ownProbabilities is not null)
            {
                Softmax.Compute(row, ownProbabilities, model.OwnTemperature);
                own = ownProbabilities;
            }

            var top = ranking[ranking.Length / count * item];
            model.Metrics.CountAnswer(top, own[top], Uncertainty.EntropyOf(own));
        }
    }
}

/// <summary>A batch for a model: exactly one of <see cref="Items"/> and <see cref="Images"/>.</summary>
public sealed record TensorRequest
{
    /// <summary><see cref="Count"/> items in the model's element type, little-endian, in the graph's order.</summary>
    public ReadOnlyMemory<byte> Items { get; init; }

    /// <summary>Encoded images, decoded and preprocessed as the manifest says.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Images { get; init; }

    /// <summary>The number of items, at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>T, &gt; 0 and finite; null for the model's calibrated one, else 1.</summary>
    public float? Temperature { get; init; }

    /// <summary>
    /// Whether logits and probabilities are wanted. If not, the answer has none, and scores that are not finite are no
    /// fault.
    /// </summary>
    public bool Scores { get; init; } = true;

    /// <summary>How many of each item's highest classes are ranked, at least 1. A number above K ranks all.</summary>
    public int TopK { get; init; } = 1;

    /// <summary>The names of the graph's own outputs that are wanted, all of them among the graph's.</summary>
    public IReadOnlyCollection<string> GraphOutputs { get; init; } = [];
}

/// <summary>A model's answer for a batch.</summary>
/// <param name="Count">The number of items, N.</param>
/// <param name="ClassCount">K.</param>
/// <param name="Logits">N rows of K logits.</param>
/// <param name="Probabilities">N rows of K probabilities.</param>
/// <param name="Ranking">
/// N rows of the classes with the highest logits, highest first, as many as were requested.
/// </param>
/// <param name="Temperature">T and where it came from.</param>
/// <param name="GraphOutputs">The graph's own outputs that were requested, in that order.</param>
public sealed record TensorAnswer(
    int Count,
    int ClassCount,
    float[] Logits,
    float[] Probabilities,
    int[] Ranking,
    AppliedTemperature Temperature,
    IReadOnlyList<OnnxTensor> GraphOutputs);

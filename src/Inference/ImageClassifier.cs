using System.Runtime.CompilerServices;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Observation;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference;

/// <summary>The front door: the bytes of an image in, ranked probabilities out.</summary>
public static class ImageClassifier
{
    // The numbers that fit on the stack without a thought; a model with more classes pays for an allocation.
    private const int StackLimit = 1024;

    /// <summary>
    /// Decodes an image, runs the model on it, and turns its logits into probabilities <c>softmax(z / T)</c>, ranked.
    /// </summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <param name="options">What the caller chose.</param>
    /// <exception cref="InferenceException">
    /// The image cannot be read, the model's output is not finite, or it holds no quantile for <c>Alpha</c>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The temperature is not above 0 and finite, <c>TopK</c> is below 1, or <c>Alpha</c> is not inside 0…1.
    /// </exception>
    public static Classification Classify(ClassifierModel model, ReadOnlySpan<byte> image, ClassificationOptions options)
    {
        using var run = model.Prepare(image);
        run.Execute();
        return Answer(run.Output, model, options);
    }

    /// <summary>
    /// As <see cref="Classify"/>, through the model's queue: while runs are busy, images that wait share the next one.
    /// </summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <param name="options">What the caller chose.</param>
    /// <param name="cancellationToken">Ends the waiting; a run that has begun is awaited first.</param>
    /// <exception cref="InferenceException">
    /// The model has too much before it, the image cannot be read, the model fails on it, its output is not finite, or
    /// it holds no quantile for <c>Alpha</c>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The temperature is not above 0 and finite, <c>TopK</c> is below 1, or <c>Alpha</c> is not inside 0…1.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<Classification> ClassifyAsync(ClassifierModel model, ReadOnlyMemory<byte> image, ClassificationOptions options, CancellationToken cancellationToken)
    {
        using var pending = model.Admission.Enter(1);
        using var run = await model.PrepareAsync(image, cancellationToken);
        await model.Queue.ExecuteAsync(run, cancellationToken);
        return Answer(run.Output, model, options);
    }

    /// <summary>
    /// Classifies several images, which share runs. One that cannot be answered does not cost the others their answers.
    /// </summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="images">Encoded images.</param>
    /// <param name="options">What the caller chose.</param>
    /// <param name="cancellationToken">Ends the waiting; runs that have begun are awaited first.</param>
    /// <returns>One outcome an image, in their order.</returns>
    /// <exception cref="InferenceException">The model has too much before it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">As for one image.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<IReadOnlyList<ClassificationOutcome>> ClassifyAllAsync(
        ClassifierModel model, IReadOnlyList<ReadOnlyMemory<byte>> images, ClassificationOptions options, CancellationToken cancellationToken)
    {
        var outcomes = new List<ClassificationOutcome>(images.Count);
        await foreach (var some in ClassifyInTurnAsync(model, images, options, cancellationToken))
        {
            outcomes.AddRange(some);
        }

        return outcomes;
    }

    /// <summary>
    /// As <see cref="ClassifyAllAsync"/>, as many at a time as share a run: what was answered can be sent, and
    /// forgotten, before the next are begun. While the caller is busy with it, the request takes no place before the
    /// model.
    /// </summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="images">Encoded images.</param>
    /// <param name="options">What the caller chose.</param>
    /// <param name="cancellationToken">Ends the waiting; runs that have begun are awaited first.</param>
    /// <returns>One outcome an image, in their order.</returns>
    /// <exception cref="InferenceException">
    /// The model has too much before it. Once the first are answered, the others are too.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">As for one image.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async IAsyncEnumerable<IReadOnlyList<ClassificationOutcome>> ClassifyInTurnAsync(
        ClassifierModel model,
        IReadOnlyList<ReadOnlyMemory<byte>> images,
        ClassificationOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // More at a time than fit into a run would only hold their tensors for longer.
        for (var start = 0; start < images.Count; start += model.MaxBatchSize)
        {
            yield return await ClassifyTogetherAsync(model, images, start, options, cancellationToken);
        }
    }

    private static async Task<ClassificationOutcome[]> ClassifyTogetherAsync(
        ClassifierModel model, IReadOnlyList<ReadOnlyMemory<byte>> images, int start, ClassificationOptions options, CancellationToken cancellationToken)
    {
        var most = Math.Min(images.Count, model.MaxBatchSize);
        using var pending = start == 0 ? model.Admission.Enter(most) : model.Admission.EnterAgain(most);
        var outcomes = new ClassificationOutcome[Math.Min(most, images.Count - start)];
        await using var group = new RunGroup(model.Queue);
        var prepared = new List<int>();
        for (var place = 0; place < outcomes.Length; place++)
        {
            try
            {
                group.Add(await model.PrepareAsync(images[start + place], cancellationToken));
                prepared.Add(place);
            }
            catch (InferenceException fault)
            {
                outcomes[place] = new ClassificationOutcome(null, fault);
            }
        }

        foreach (var (run, completion) in group.Execute(cancellationToken).Index())
        {
            outcomes[prepared[run]] = await OutcomeAsync(completion, group.Runs[run], model, options);
        }

        return outcomes;
    }

    /// <summary>
    /// What the model sees of an image: its input, with all that preprocessing did, as a picture of the model's size.
    /// The model is not run.
    /// </summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A PNG, grey for a model of one channel and else RGB.</returns>
    /// <exception cref="InferenceException">The model has too much before it, or the image cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async ValueTask<byte[]> ShowInputAsync(ClassifierModel model, ReadOnlyMemory<byte> image, CancellationToken cancellationToken)
    {
        using var pending = model.Admission.Enter(1);
        return await model.ShowInputAsync(image, cancellationToken);
    }

    /// <summary>
    /// The temperature that an answer of this model will use: the caller's, else the calibrated one, else 1.
    /// </summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="options">What the caller chose.</param>
    public static AppliedTemperature TemperatureFor(ClassifierModel model, ClassificationOptions options) =>
        (options.Temperature, model.CalibratedTemperature) switch
        {
            ({ } requested, _) => new AppliedTemperature(requested, TemperatureSource.Request),
            (null, { } calibrated) => new AppliedTemperature(calibrated, TemperatureSource.Calibrated),
            _ => new AppliedTemperature(1f, TemperatureSource.Default),
        };

    private static async Task<ClassificationOutcome> OutcomeAsync(Task completion, OnnxRun run, ClassifierModel model, ClassificationOptions options)
    {
        try
        {
            await completion;
            return new ClassificationOutcome(Answer(run.Output, model, options), null);
        }
        catch (InferenceException fault)
        {
            return new ClassificationOutcome(null, fault);
        }
    }

    private static Classification Answer(Span<float> logits, ClassifierModel model, ClassificationOptions options)
    {
        using var span = Telemetry.Spans.StartActivity("softmax");
        model.ToLogits(logits);
        var temperature = TemperatureFor(model, options).Value;
        Span<float> probabilities = logits.Length <= StackLimit ? stackalloc float[logits.Length] : new float[logits.Length];
        Softmax.Compute(logits, probabilities, temperature);
        if (float.IsNaN(probabilities[0]))
        {
            throw new InferenceException(
                InferenceError.ModelOutputNotFinite,
                "The model's output for this image holds NaN or +Infinity, or is -Infinity for every class: it has no probabilities. The model or its manifest's input scaling is at fault.");
        }

        // Ranked by logit, which orders as the probabilities do and still tells classes apart whose probabilities have
        // rounded to the same.
        var count = Math.Min(options.TopK ?? logits.Length, logits.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Span<int> ranked = count <= StackLimit ? stackalloc int[count] : new int[count];
        Ranking.TopK(logits, ranked);

        var predictions = new Prediction[ranked.Length];
        for (var rank = 0; rank < ranked.Length; rank++)
        {
            var index = ranked[rank];
            predictions[rank] = new Prediction(model.Labels[index], index, probabilities[index], logits[index]);
        }

        var uncertainty = Uncertainty.Measure(logits, probabilities, temperature);
        Observe(model, logits, probabilities, temperature, ranked[0], uncertainty.Entropy);
        return new Classification(
            predictions, uncertainty, options.Alpha is { } alpha ? PredictionSetFor(logits, model, alpha) : null, predictions[0].Probability < options.Threshold);
    }

    /// <summary>
    /// Counts what the model saw, at its own temperature whatever the caller's was: else other callers would look like
    /// other images.
    /// </summary>
    /// <param name="model">The model that was asked.</param>
    /// <param name="logits">The answer's logits.</param>
    /// <param name="probabilities">Their softmax at <paramref name="temperature"/>.</param>
    /// <param name="temperature">The caller's T.</param>
    /// <param name="top">The most probable class.</param>
    /// <param name="entropy">The entropy of the probabilities.</param>
    internal static void Observe(ClassifierModel model, ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, float temperature, int top, float entropy)
    {
        var own = model.CalibratedTemperature ?? 1f;
        if (temperature == own)
        {
            model.Metrics.CountAnswer(top, probabilities[top], entropy);
            return;
        }

        Span<float> ownProbabilities = logits.Length <= StackLimit ? stackalloc float[logits.Length] : new float[logits.Length];
        Softmax.Compute(logits, ownProbabilities, own);
        model.Metrics.CountAnswer(top, ownProbabilities[top], Uncertainty.Measure(logits, ownProbabilities, own).Entropy);
    }

    private static LabelledPredictionSet PredictionSetFor(ReadOnlySpan<float> logits, ClassifierModel model, double alpha)
    {
        var set = PredictionSet.Of(logits, model.Manifest.Calibration, alpha);
        return new LabelledPredictionSet(set.Alpha, set.Method, [.. set.Indices.Select(index => model.Labels[index])]);
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using SoftmaxService.Inference.Arrays;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference;

/// <summary>The front door for images: encoded bytes in, ranked probabilities out.</summary>
public static class ImageClassifier
{
    /// <summary>Classifies one image, as <see cref="Classify(ClassificationPlan, ReadOnlySpan{byte})"/> does.</summary>
    /// <param name="model">The model that answers.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <param name="options">The caller's options.</param>
    /// <exception cref="InferenceException">
    /// The image cannot be read, the model's output is not finite, or the model has no quantile for <c>Alpha</c>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The temperature is not above 0 and finite, <c>TopK</c> is below 1, or <c>Alpha</c> is not inside 0…1.
    /// </exception>
    public static Classification Classify(
        ClassifierModel model, ReadOnlySpan<byte> image, ClassificationOptions options) =>
        Classify(new ClassificationPlan(model, options), image);

    /// <summary>
    /// Decodes an image, runs the model on it, and turns its logits into probabilities <c>softmax(z / T)</c>, ranked.
    /// </summary>
    /// <param name="plan">The model and the resolved options.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <exception cref="InferenceException">The image cannot be read, or the model's output is not finite.</exception>
    public static Classification Classify(ClassificationPlan plan, ReadOnlySpan<byte> image)
    {
        using var run = plan.Model.Prepare(image);
        run.Execute();
        return RowClassifier.Classify(plan, run.Output);
    }

    /// <summary>
    /// Classifies one image through the model's queue: while runs are busy, waiting images share the next one.
    /// </summary>
    /// <param name="plan">The model and the resolved options.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <param name="cancellationToken">Ends the wait; a run that has begun is awaited first.</param>
    /// <exception cref="InferenceException">
    /// Too much is pending for the model, the image cannot be read, the model fails on it, or its output is not finite.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<Classification> ClassifyAsync(
        ClassificationPlan plan, ReadOnlyMemory<byte> image, CancellationToken cancellationToken)
    {
        var model = plan.Model;
        using var pending = model.Admission.Enter(1);
        using var run = await model.PrepareAsync(image, cancellationToken);
        await model.Queue.ExecuteAsync(run, cancellationToken);
        return RowClassifier.Classify(plan, run.Output);
    }

    /// <summary>
    /// Classifies several images, which share runs. One that cannot be answered does not cost the others their answers.
    /// </summary>
    /// <param name="plan">The model and the resolved options.</param>
    /// <param name="images">Encoded images.</param>
    /// <param name="cancellationToken">Ends the wait; runs that have begun are awaited first.</param>
    /// <returns>One outcome for each image, in their order.</returns>
    /// <exception cref="InferenceException">Too much is pending for the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<IReadOnlyList<ClassificationOutcome>> ClassifyAllAsync(
        ClassificationPlan plan, IReadOnlyList<ReadOnlyMemory<byte>> images, CancellationToken cancellationToken)
    {
        var outcomes = new List<ClassificationOutcome>(images.Count);
        await foreach (var run in ClassifyInTurnAsync(plan, images, cancellationToken))
        {
            outcomes.AddRange(run);
        }

        return outcomes;
    }

    /// <summary>
    /// As <see cref="ClassifyAllAsync"/>, as many images at a time as share a run: their answers can be sent, and
    /// forgotten, before the next images are begun. While the caller is busy with them, the request counts as none of
    /// the model's pending items.
    /// </summary>
    /// <param name="plan">The model and the resolved options.</param>
    /// <param name="images">Encoded images.</param>
    /// <param name="cancellationToken">Ends the wait; runs that have begun are awaited first.</param>
    /// <returns>One outcome for each image, in their order.</returns>
    /// <exception cref="InferenceException">
    /// Too much is pending for the model. This can only happen before the first images are answered.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async IAsyncEnumerable<IReadOnlyList<ClassificationOutcome>> ClassifyInTurnAsync(
        ClassificationPlan plan,
        IReadOnlyList<ReadOnlyMemory<byte>> images,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // More at a time than fit into a run would only hold their tensors for longer.
        for (var start = 0; start < images.Count; start += plan.Model.MaxBatchSize)
        {
            yield return await ClassifyTogetherAsync(plan, images, start, cancellationToken);
        }
    }

    /// <summary>
    /// Shows what the model sees of an image: its input, after all preprocessing, as a picture of the model's size. The
    /// model is not run.
    /// </summary>
    /// <param name="model">The model whose input is shown.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A PNG, grey for a model of one channel and RGB for others.</returns>
    /// <exception cref="InferenceException">
    /// Too much is pending for the model, or the image cannot be read.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async ValueTask<byte[]> ShowInputAsync(
        ClassifierModel model, ReadOnlyMemory<byte> image, CancellationToken cancellationToken)
    {
        using var pending = model.Admission.Enter(1);
        return await model.ShowInputAsync(image, cancellationToken);
    }

    /// <summary>
    /// Prepares an image and returns what the model would run on: its input tensor, with the shape of one item and in
    /// the graph's element type. The model is not run.
    /// </summary>
    /// <param name="model">The model whose input is returned.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InferenceException">
    /// Too much is pending for the model, or the image cannot be read.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async ValueTask<NumpyArray> PrepareInputAsync(
        ClassifierModel model, ReadOnlyMemory<byte> image, CancellationToken cancellationToken)
    {
        using var pending = model.Admission.Enter(1);
        using var run = await model.PrepareAsync(image, cancellationToken);
        return new NumpyArray(
            ToNumpy(model.Classifier.InputElement), model.Classifier.InputShape, run.InputBytes.ToArray());
    }

    private static NumpyElementType ToNumpy(TensorElementType element) => element switch
    {
        TensorElementType.Float32 => NumpyElementType.Float32,
        TensorElementType.Float16 => NumpyElementType.Float16,
        TensorElementType.Float64 => NumpyElementType.Float64,
        TensorElementType.UInt8 => NumpyElementType.UInt8,
        TensorElementType.Int8 => NumpyElementType.Int8,
        TensorElementType.Int32 => NumpyElementType.Int32,
        TensorElementType.Int64 => NumpyElementType.Int64,
        _ => throw new UnreachableException($"{element} has no name in NumPy."),
    };

    private static async Task<ClassificationOutcome[]> ClassifyTogetherAsync(
        ClassificationPlan plan,
        IReadOnlyList<ReadOnlyMemory<byte>> images,
        int start,
        CancellationToken cancellationToken)
    {
        var model = plan.Model;
        var permits = Math.Min(images.Count, model.MaxBatchSize);
        using var pending = start == 0 ? model.Admission.Enter(permits) : model.Admission.EnterMore(permits);
        var outcomes = new ClassificationOutcome[Math.Min(permits, images.Count - start)];
        await using var group = new RunGroup(model.Queue);
        var prepared = new List<int>();
        for (var index = 0; index < outcomes.Length; index++)
        {
            try
            {
                group.Add(await model.PrepareAsync(images[start + index], cancellationToken));
                prepared.Add(index);
            }
            catch (InferenceException fault)
            {
                outcomes[index] = new ClassificationOutcome(null, fault);
            }
        }

        foreach (var (run, completion) in group.Execute(cancellationToken).Index())
        {
            outcomes[prepared[run]] = await OutcomeAsync(plan, group.Runs[run], completion);
        }

        return outcomes;
    }

    private static async Task<ClassificationOutcome> OutcomeAsync(ClassificationPlan plan, OnnxRun run, Task completion)
    {
        try
        {
            await completion;
            return new ClassificationOutcome(RowClassifier.Classify(plan, run.Output), null);
        }
        catch (InferenceException fault)
        {
            return new ClassificationOutcome(null, fault);
        }
    }
}

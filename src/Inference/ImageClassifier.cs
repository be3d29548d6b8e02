using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Numerics;

namespace SoftmaxService.Inference;

/// <summary>The front door: the bytes of an image in, ranked probabilities out.</summary>
public static class ImageClassifier
{
    // The numbers that fit on the stack without a thought; a model with more classes pays for an allocation.
    private const int StackLimit = 1024;

    /// <summary>Decodes an image, runs the model on it, and turns its logits into probabilities <c>softmax(z / T)</c>, ranked.</summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF, BMP or ICO.</param>
    /// <param name="options">What the caller chose.</param>
    /// <exception cref="InferenceException">The image cannot be read, the model's output is not finite, or it holds no quantile for <c>Alpha</c>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0 and finite, <c>TopK</c> is below 1, or <c>Alpha</c> is not inside 0…1.</exception>
    public static Classification Classify(ClassifierModel model, ReadOnlySpan<byte> image, ClassificationOptions options)
    {
        using var run = model.Classifier.Rent();
        model.Preprocessor.Preprocess(image, run.Input);
        run.Execute();
        model.ToLogits(run.Output);
        return Answer(run.Output, model, options);
    }

    /// <summary>The temperature that an answer of this model will use: the caller's, else the calibrated one, else 1.</summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="options">What the caller chose.</param>
    public static AppliedTemperature TemperatureFor(ClassifierModel model, ClassificationOptions options) =>
        (options.Temperature, model.CalibratedTemperature) switch
        {
            ({ } requested, _) => new AppliedTemperature(requested, TemperatureSource.Request),
            (null, { } calibrated) => new AppliedTemperature(calibrated, TemperatureSource.Calibrated),
            _ => new AppliedTemperature(1f, TemperatureSource.Default),
        };

    private static Classification Answer(ReadOnlySpan<float> logits, ClassifierModel model, ClassificationOptions options)
    {
        var temperature = TemperatureFor(model, options).Value;
        Span<float> probabilities = logits.Length <= StackLimit ? stackalloc float[logits.Length] : new float[logits.Length];
        Softmax.Compute(logits, probabilities, temperature);
        if (float.IsNaN(probabilities[0]))
        {
            throw new InferenceException(
                InferenceError.ModelOutputNotFinite,
                "The model's output for this image holds NaN or +Infinity, or is -Infinity for every class: it has no probabilities. The model or its manifest's input scaling is at fault.");
        }

        // Ranked by logit, which orders as the probabilities do and still tells classes apart whose probabilities have rounded to the same.
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

        return new Classification(
            predictions, Uncertainty.Measure(logits, probabilities, temperature), PredictionSetFor(logits, model, options.Alpha), predictions[0].Probability < options.Threshold);
    }

    private static LabelledPredictionSet? PredictionSetFor(ReadOnlySpan<float> logits, ClassifierModel model, double? alpha)
    {
        if (alpha is null)
            return null;
        var set = PredictionSet.Of(logits, model.Manifest.Calibration, alpha.Value);
        return new LabelledPredictionSet(set.Alpha, set.Method, [.. set.Indices.Select(index => model.Labels[index])]);
    }
}

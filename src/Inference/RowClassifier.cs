using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Observation;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference;

/// <summary>
/// Turns one row of a model's scores into a classification. There is one softmax, one ranking and one measurement for a
/// row, and a second softmax only where the caller's temperature differs from the model's own.
/// </summary>
internal static class RowClassifier
{
    // Rows of up to this many classes are computed on the stack; longer ones allocate.
    private const int StackLimit = 1024;

    /// <param name="plan">What is computed.</param>
    /// <param name="scores">The model's scores, one for each class; replaced by logits.</param>
    /// <exception cref="InferenceException">The scores have no probabilities.</exception>
    public static Classification Classify(ClassificationPlan plan, Span<float> scores)
    {
        using var span = Telemetry.Spans.StartActivity("softmax");
        var model = plan.Model;
        model.ToLogits(scores);
        ReadOnlySpan<float> logits = scores;
        var classCount = logits.Length;

        var temperature = plan.Temperature.Value;
        Span<float> probabilities = classCount <= StackLimit ? stackalloc float[classCount] : new float[classCount];
        Softmax.Compute(logits, probabilities, temperature);
        if (float.IsNaN(probabilities[0]))
        {
            throw new InferenceException(
                InferenceError.ModelOutputNotFinite,
                "The model's output for this image holds NaN or +Infinity, or is -Infinity for every class: it has no "
                + "probabilities. The model or its manifest's input scaling is at fault.");
        }

        // Logits order classes as probabilities do, and still tell apart those whose probabilities round to the same
        // float.
        var rankedCount = plan.Quantile is null ? plan.TopK : classCount;
        Span<int> ranking = rankedCount <= StackLimit ? stackalloc int[rankedCount] : new int[rankedCount];
        Ranking.TopK(logits, ranking);
        var uncertainty = Uncertainty.Measure(logits, probabilities, temperature);
        var predictions = Predict(model, logits, probabilities, ranking[..plan.TopK]);

        // Metrics and prediction sets use the model's own temperature, whatever the caller's: otherwise a caller's
        // choice would look like a change of the images, and a quantile is only valid at the temperature that it was
        // fitted at.
        var ownProbabilities = probabilities;
        var ownEntropy = uncertainty.Entropy;
        if (temperature != model.OwnTemperature)
        {
            ownProbabilities = classCount <= StackLimit ? stackalloc float[classCount] : new float[classCount];
            Softmax.Compute(logits, ownProbabilities, model.OwnTemperature);
            ownEntropy = Uncertainty.EntropyOf(ownProbabilities);
        }

        model.Metrics.CountAnswer(ranking[0], ownProbabilities[ranking[0]], ownEntropy);
        var set = plan.Quantile is { } quantile ? PredictionSet.Of(ownProbabilities, ranking, quantile) : null;
        return new Classification(
            predictions,
            uncertainty,
            set is null ? null : WithLabels(set, model),
            Abstained: predictions[0].Probability < plan.Threshold);
    }

    private static Prediction[] Predict(
        ClassifierModel model, ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, ReadOnlySpan<int> ranking)
    {
        var predictions = new Prediction[ranking.Length];
        for (var rank = 0; rank < ranking.Length; rank++)
        {
            var index = ranking[rank];
            predictions[rank] = new Prediction(model.Labels[index], index, probabilities[index], logits[index]);
        }

        return predictions;
    }

    private static LabelledPredictionSet WithLabels(PredictionSet set, ClassifierModel model) =>
        new(set.Alpha, set.Method, [.. set.Indices.Select(index => model.Labels[index])]);
}

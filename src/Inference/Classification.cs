using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference;

/// <summary>The answer for one image.</summary>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Uncertainty">How sure the answer is, measured over all classes.</param>
/// <param name="PredictionSet">
/// Classes that include the right one with a probability of at least 1 − α; null where no α was requested.
/// </param>
/// <param name="Abstained">Whether the largest probability was below the caller's threshold.</param>
public sealed record Classification(
    IReadOnlyList<Prediction> Predictions,
    Uncertainty Uncertainty,
    LabelledPredictionSet? PredictionSet,
    bool Abstained);

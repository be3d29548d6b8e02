using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference;

/// <summary>The outcome for one image of several: exactly one of the two is set.</summary>
/// <param name="Answer">Its answer.</param>
/// <param name="Fault">Why it has none.</param>
public readonly record struct ClassificationOutcome(Classification? Answer, InferenceException? Fault);

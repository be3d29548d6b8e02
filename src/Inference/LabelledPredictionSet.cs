using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference;

/// <summary>A conformal set in words.</summary>
/// <param name="Alpha">The requested miscoverage α.</param>
/// <param name="Method">The score that the set was made by.</param>
/// <param name="Labels">The classes' names, most probable first; at least one.</param>
public sealed record LabelledPredictionSet(double Alpha, ConformalMethod Method, IReadOnlyList<string> Labels);

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Prediction sets of one α as they are served: if no class fits well enough, the most probable one stands in.
/// </summary>
/// <param name="Alpha">The miscoverage that was requested.</param>
/// <param name="Coverage">The share of the sets that hold the right class, 0…1.</param>
/// <param name="MeanSize">How many classes a set holds on average, at least 1.</param>
public sealed record ServedSets(double Alpha, double Coverage, double MeanSize);

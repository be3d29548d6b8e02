namespace SoftmaxService.Inference.Calibration;

/// <summary>A closed interval.</summary>
/// <param name="Lower">Its lower end.</param>
/// <param name="Upper">Its upper end.</param>
public sealed record Interval(double Lower, double Upper);

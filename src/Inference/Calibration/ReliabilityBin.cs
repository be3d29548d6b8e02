namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// One bar of a reliability diagram: the images whose confidence is in (<see cref="Lower"/>, <see cref="Upper"/>].
/// </summary>
public sealed record ReliabilityBin
{
    /// <summary>The bin's open lower edge.</summary>
    public double Lower { get; init; }

    /// <summary>The bin's closed upper edge.</summary>
    public double Upper { get; init; }

    /// <summary>The number of images in the bin.</summary>
    public int Count { get; init; }

    /// <summary>Their mean confidence; 0 when the bin is empty.</summary>
    public double Confidence { get; init; }

    /// <summary>The share of them that are right; 0 when the bin is empty.</summary>
    public double Accuracy { get; init; }
}

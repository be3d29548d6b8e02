namespace SoftmaxService.Benchmarks;

/// <summary>
/// The goals of one shape: the smallest ratio of each peer's time to ours, and an absolute bound.
/// </summary>
internal sealed record Goals(
    int RowCount, int ClassCount, double DivideSoftMax, double SoftMax, double Safe, double Onnx, Bound Bound)
{
    public static readonly Goals[] All =
    [
        new(1, 10, 3.5, 2.1, 4.5, 80, new(BoundKind.NanosecondsACall, 12.5)),
        new(64, 10, 10, 6, 13, 9, new(BoundKind.NanosecondsAnElement, 0.40)),
        new(4096, 10, 10.5, 6.2, 14, 4.7, new(BoundKind.NanosecondsAnElement, 0.39)),
        new(1, 1000, 2.9, 2.5, 3.4, 6, new(BoundKind.NanosecondsAnElement, 0.25)),
        new(64, 1000, 2.9, 2.5, 3.5, 1.25, new(BoundKind.NanosecondsAnElement, 0.245)),
        new(1, 32000, 3.3, 2.8, 4.2, 1.4, new(BoundKind.TimesMemoryCopy, 3.0)),
        new(8, 128256, 4.0, 3.5, 5.5, 1.25, new(BoundKind.TimesMemoryCopy, 2.6)),
        new(1, 16_000_000, 2.8, 2.3, 3.6, 1.5, new(BoundKind.TimesReadAndNonTemporalCopy, 1.1)),
    ];

    /// <summary>Its name on the command line, such as <c>64x1000</c>.</summary>
    public string Shape => FormattableString.Invariant($"{RowCount}x{ClassCount}");

    public int ElementCount => RowCount * ClassCount;

    public override string ToString() => FormattableString.Invariant($"{RowCount} × {ClassCount:N0}").Replace(',', ' ');
}

internal readonly record struct Bound(BoundKind Kind, double Value);

internal enum BoundKind
{
    NanosecondsACall,
    NanosecondsAnElement,
    TimesMemoryCopy,
    TimesReadAndNonTemporalCopy,
}

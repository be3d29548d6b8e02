namespace SoftmaxService.Inference.Batching;

/// <summary>What a version has run since it was loaded.</summary>
/// <param name="Items">Items whose run has begun. Work in a slot of its own counts as one.</param>
/// <param name="Runs">Runs, including those of items that ran again alone.</param>
/// <param name="Pending">Items that wait or run now.</param>
public readonly record struct RunStatistics(long Items, long Runs, long Pending);

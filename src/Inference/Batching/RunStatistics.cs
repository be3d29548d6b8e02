namespace SoftmaxService.Inference.Batching;

/// <summary>What a version has run since it was loaded.</summary>
/// <param name="Items">Items whose run has begun; work that had a slot for itself counts as one.</param>
/// <param name="Runs">Runs, those of items that were run again alone included.</param>
/// <param name="Pending">Items that wait or run now.</param>
public readonly record struct RunStatistics(long Items, long Runs, long Pending);

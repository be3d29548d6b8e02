namespace SoftmaxService.Inference.Onnx;

/// <summary>How ONNX Runtime runs a model.</summary>
public sealed record OnnxSettings
{
    /// <summary>
    /// The number of threads per run, at least 1. Defaults to 1: parallel requests already keep the cores busy, and
    /// sharing a small run between threads costs more than it saves.
    /// </summary>
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>
    /// The number of runs of one model at once, at least 1. Null, the default, means one per core: more would only take
    /// turns, and requests that wait can share a run. For a model that cannot batch it means four per core, so that
    /// nobody waits for a run that has lost its core for a moment.
    /// </summary>
    public int? ConcurrentRuns { get; init; }
}

namespace SoftmaxService.Inference.Onnx;

/// <summary>How ONNX Runtime is to run a model.</summary>
public sealed record OnnxSettings
{
    /// <summary>
    /// Threads that one run may use, at least 1. One is the default: parallel requests already keep the cores busy, and threads that
    /// share one small run spend more on handing over than they save.
    /// </summary>
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>
    /// Runs of one model at once, at least 1. Null is the default: as many as there are cores, for with <see cref="IntraOpThreads"/> of 1 more would
    /// only take turns, and requests that wait can be joined into one run; of a model whose runs cannot be shared, four times as many, so that
    /// nobody waits for a run that has lost its core for a moment.
    /// </summary>
    public int? ConcurrentRuns { get; init; }
}

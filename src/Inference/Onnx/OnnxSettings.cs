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
    /// Runs of one model at once, at least 1. As many as there are cores is the default: with <see cref="IntraOpThreads"/> of 1 more would
    /// only take turns, and requests that wait can be joined into one run.
    /// </summary>
    public int ConcurrentRuns { get; init; } = Environment.ProcessorCount;
}

namespace SoftmaxService.Inference.Onnx;

/// <summary>How ONNX Runtime is to run a model.</summary>
public sealed record OnnxSettings
{
    /// <summary>
    /// Threads that one run may use, at least 1. One is the default: parallel requests already keep the cores busy, and threads that
    /// share one small run spend more on handing over than they save.
    /// </summary>
    public int IntraOpThreads { get; init; } = 1;
}

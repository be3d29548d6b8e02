namespace SoftmaxService.Inference.Onnx;

/// <summary>How ONNX Runtime is to run a model.</summary>
public sealed record OnnxSettings
{
    /// <summary>
    /// Threads that one run may use, at least 1. One is the default: parallel requests already keep the cores busy, and a thread that
    /// waits inside a run spins and costs CPU that the next request could have used.
    /// </summary>
    public int IntraOpThreads { get; init; } = 1;
}

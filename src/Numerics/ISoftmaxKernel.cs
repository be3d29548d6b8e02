namespace SoftmaxService.Numerics;

/// <summary>
/// Computes one row, or several where that is faster. Arguments have been checked; source and destination are the same
/// memory or do not overlap.
/// </summary>
internal unsafe interface ISoftmaxKernel
{
    /// <summary>Computes as many of the first rows together as it can, and returns how many those are.</summary>
    static abstract int ComputeTogether(
        float* logits, float* probabilities, int rowCount, int classCount, in TemperatureScale scale);

    /// <summary>As <see cref="Compute"/>, with a temperature that no other row shares.</summary>
    static abstract void ComputeRow(float* logits, float* probabilities, nint classCount, float temperature);

    /// <summary>
    /// Computes one row that is larger than the caches, with its blocks shared between threads. Returns false, with
    /// nothing written, for a row that <see cref="ComputeRow"/> computes at least as fast.
    /// </summary>
    static abstract bool TryComputePastCache(
        float* logits, float* probabilities, nint classCount, in TemperatureScale scale, int degree);

    static abstract void Compute(float* logits, float* probabilities, nint classCount, in TemperatureScale scale);

    static abstract void ComputeLog(float* logits, float* logProbabilities, nint classCount, in TemperatureScale scale);

    static abstract float LogSumExp(float* logits, nint classCount, in TemperatureScale scale);

    static abstract void Gradient(
        float* logits, float* upstream, float* gradient, nint classCount, in TemperatureScale scale);

    /// <summary>Computes the gradient and returns the loss.</summary>
    static abstract float CrossEntropy(
        float* logits, nint target, float* gradient, nint classCount, in TemperatureScale scale);
}

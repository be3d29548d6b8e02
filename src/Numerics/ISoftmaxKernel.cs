namespace SoftmaxService.Numerics;

/// <summary>What is done with one row, or with several where that is faster. Arguments have been checked; source and destination are one place or do not overlap.</summary>
internal unsafe interface ISoftmaxKernel
{
    /// <summary>Computes as many rows from the first on as it can together, and answers how many. The others are left as they are.</summary>
    static abstract int ComputeTogether(float* logits, float* probabilities, int rowCount, int classCount, in TemperatureScale scale);

    /// <summary>As <see cref="Compute"/>, with a temperature that no other row shares.</summary>
    static abstract void ComputeRow(float* logits, float* probabilities, nint classCount, float temperature);

    static abstract void Compute(float* logits, float* probabilities, nint classCount, in TemperatureScale scale);

    static abstract void ComputeLog(float* logits, float* logProbabilities, nint classCount, in TemperatureScale scale);

    static abstract float LogSumExp(float* logits, nint classCount, in TemperatureScale scale);

    static abstract void Gradient(float* logits, float* upstream, float* gradient, nint classCount, in TemperatureScale scale);

    /// <summary>Answers the loss.</summary>
    static abstract float CrossEntropy(float* logits, nint target, float* gradient, nint classCount, in TemperatureScale scale);
}

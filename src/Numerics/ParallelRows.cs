namespace SoftmaxService.Numerics;

/// <summary>
/// Shares rows, or the blocks of a row that is larger than the caches, between threads. No result depends on their
/// number.
/// </summary>
internal static unsafe class ParallelRows
{
    /// <summary>
    /// Each thread gets at least this many logits, which take about 30 µs. With half as many, two threads were no
    /// faster than one.
    /// </summary>
    private const int SmallestShare = 1 << 17;

    public static void Compute(
        KernelPath path, ReadOnlySpan<float> logits, Span<float> probabilities, int classCount,
        ReadOnlySpan<float> temperatures, int degree)
    {
        var threads = Math.Min(degree, logits.Length / SmallestShare);
        var rowCount = logits.Length / classCount;
        if (threads <= 1)
        {
            SoftmaxKernel.Run(path, new RowsOperation(logits, probabilities, classCount, temperatures));
        }
        else if (rowCount == 1)
        {
            SoftmaxKernel.Run(path, new SharedRowOperation(logits, probabilities, temperatures[0], threads));
        }
        else
        {
            ComputeShares(path, logits, probabilities, classCount, temperatures, Math.Min(threads, rowCount));
        }
    }

    private static void ComputeShares(
        KernelPath path, ReadOnlySpan<float> logits, Span<float> probabilities, int classCount,
        ReadOnlySpan<float> temperatures, int shares)
    {
        var rowCount = logits.Length / classCount;
        var temperatureCount = temperatures.Length;
        fixed (float* source = logits, destination = probabilities, scales = temperatures)
        {
            // A lambda cannot capture the pinned pointers themselves.
            var (from, to, over) = ((nint)source, (nint)destination, (nint)scales);
            Parallel.For(0, shares, new ParallelOptions { MaxDegreeOfParallelism = shares }, share =>
            {
                var first = (int)((long)rowCount * share / shares);
                var end = (int)((long)rowCount * (share + 1) / shares);
                var (start, length) = (first * classCount, (end - first) * classCount);
                SoftmaxKernel.Run(path, new RowsOperation(
                    new((float*)from + start, length),
                    new((float*)to + start, length),
                    classCount,
                    temperatureCount == 1 ? new((float*)over, 1) : new((float*)over + first, end - first)));
            });
        }
    }
}

using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

internal readonly unsafe partial struct VectorKernel<TLanes, TSums>
{
    /// <summary>
    /// From this length on, a row and its probabilities, 32 MB, are larger than most last-level caches. Memory is then
    /// the bottleneck, and it is cheaper to compute exponentials twice than to write, read and write them again: one
    /// pass only sums, and one writes past the cache. Inside the cache this takes half as long again.
    /// </summary>
    private const nint PastCacheLength = 1 << 22;

    /// <summary>A destination that is not aligned to its floats cannot be written past the cache.</summary>
    private static bool IsPastCache(float* probabilities, nint classCount) =>
        classCount >= PastCacheLength && (nint)probabilities % sizeof(float) == 0;

    /// <summary>
    /// Such rows are summed in blocks of this length, so that threads can share them and the sum does not depend on the
    /// number of threads.
    /// </summary>
    private const int BlockLength = 1 << 20;

    /// <summary>
    /// Returns false, with nothing written, for smaller rows, rows far from zero and rows without a softmax.
    /// </summary>
    public static bool TryComputePastCache(
        float* logits, float* probabilities, nint classCount, in TemperatureScale scale, int degree) =>
        scale.FitsFloat && IsPastCache(probabilities, classCount)
        && TryComputeBlocks(logits, probabilities, classCount, scale, degree);

    /// <summary>
    /// Apart from the checks above: a method with lambdas allocates for them when it is entered, whatever it returns.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryComputeBlocks(
        float* logits, float* probabilities, nint classCount, in TemperatureScale scale, int degree)
    {
        var total = double.NaN;
        var exponential = default(RowExponential<TLanes, TSums>);
        var maximum = Maximum(logits, GuessLength);
        for (var attempt = 0; attempt < 2 && double.IsNaN(total); attempt++)
        {
            if (attempt > 0)
            {
                maximum = Maximum(logits, classCount);
            }

            if (RowExponential<TLanes, TSums>.IsNear(scale, maximum))
            {
                exponential = new(scale, maximum, RowExponential<TLanes, TSums>.DepthForQuotients);
                total = SumBlocks(logits, classCount, exponential, degree);
            }
        }

        if (double.IsNaN(total))
        {
            return false;
        }

        var factor = 1 / total;
        ForBlocks(classCount, degree, (start, length) =>
            StorePastCache(logits + start, probabilities + start, length, exponential, factor));
        return true;
    }

    private static double SumBlocks(
        float* logits, nint classCount, RowExponential<TLanes, TSums> exponential, int degree)
    {
        var totals = new double[(classCount + BlockLength - 1) / BlockLength];
        ForBlocks(classCount, degree, (start, length) =>
            totals[start / BlockLength] = SumExponentials<Summed>(logits + start, null, length, exponential));
        return totals.Sum();
    }

    private static void ForBlocks(nint classCount, int degree, Action<nint, nint> work)
    {
        var blockCount = (int)((classCount + BlockLength - 1) / BlockLength);
        if (degree == 1)
        {
            for (var block = 0; block < blockCount; block++)
            {
                DoBlock(block);
            }
        }
        else
        {
            Parallel.For(0, blockCount, new ParallelOptions { MaxDegreeOfParallelism = degree }, DoBlock);
        }

        void DoBlock(int block)
        {
            var start = (nint)block * BlockLength;
            work(start, Math.Min(BlockLength, classCount - start));
        }
    }

    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static void StorePastCache(
        float* logits, float* probabilities, nint classCount, in RowExponential<TLanes, TSums> row, double factor)
    {
        var exponential = row;
        var (high, low) = Split(factor);

        // The elements before the destination is aligned, or all of a block that is shorter.
        var misaligned = (nint)probabilities / sizeof(float) % TLanes.Width;
        var i = Math.Min(classCount, (TLanes.Width - misaligned) % TLanes.Width);
        if (i > 0)
        {
            StorePart(logits, probabilities, (int)i, row, high, low);
        }

        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
        {
            Multiply(exponential.Of(TLanes.Load(logits + i), out _), high, low).StorePastCache(probabilities + i);
        }

        if (i < classCount)
        {
            StorePart(logits + i, probabilities + i, (int)(classCount - i), row, high, low);
        }

        // Such stores are not ordered with others; the next reader of the row must see them.
        Thread.MemoryBarrier();
    }

    private static void StorePart(
        float* logits, float* probabilities, int count, in RowExponential<TLanes, TSums> exponential,
        TLanes high, TLanes low)
    {
        var part = exponential.Of(TLanes.LoadFirst(logits, count, float.NegativeInfinity), out _);
        Multiply(part, high, low).StoreFirst(probabilities, count);
    }
}

using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

/// <summary>Rows that need no shift, which saves the floor, the guess and its check.</summary>
internal readonly unsafe partial struct VectorKernel<TLanes, TSums>
{
    /// <summary>
    /// The longest row for which the exponentials of two rows fit into the first-level cache, next to logits and
    /// probabilities.
    /// </summary>
    private const int ScratchLength = 1024;

    /// <summary>
    /// Computes rows of at most <see cref="ScratchLength"/> classes. Their exponentials go to memory of their own, so a
    /// row that turns out to need a shift is still intact. One row is divided by its sum while the next is
    /// exponentiated, so no row waits for its sum.
    /// </summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static void ComputeRowsByScratch(
        float* logits, float* probabilities, nint rowCount, nint classCount, in TemperatureScale scale)
    {
        var memory = stackalloc float[2 * ScratchLength + PageOffset.Half + PageOffset.Span];
        var exponentials = PageOffset.HalfAway(memory, probabilities);
        var others = exponentials + ScratchLength + PageOffset.Half;
        var exponential = new RowExponential<TLanes, TSums>(scale);
        for (nint row = 0; row < rowCount; row++, logits += classCount, probabilities += classCount)
        {
            var total = StoreUnshifted<ToScratch>(logits, exponentials, classCount, exponential, null, null, 0);
            for (; row + 1 < rowCount && !double.IsNaN(total); row++, probabilities += classCount)
            {
                logits += classCount;
                total = StoreUnshifted<ToScratchWhileFinishingOther>(
                    logits, others, classCount, exponential, exponentials, probabilities, 1 / total);
                var swapped = others;
                others = exponentials;
                exponentials = swapped;
            }

            if (double.IsNaN(total))
            {
                ComputeShiftedRow(logits, probabilities, classCount, scale);
                continue;
            }

            var (high, low) = Split(1 / total);
            nint i = 0;
            for (; i <= classCount - TLanes.Width; i += TLanes.Width)
            {
                Multiply(TLanes.Load(exponentials + i), high, low).Store(probabilities + i);
            }

            if (i < classCount)
            {
                Multiply(TLanes.Load(exponentials + i), high, low).StoreFirst(probabilities + i, (int)(classCount - i));
            }
        }
    }

    /// <summary>
    /// Stores a row's exponentials and returns their sum, or NaN if the row needs a shift or has no softmax. One use
    /// also finishes the previous row: it multiplies that row's exponentials, <paramref name="others"/>, by
    /// <paramref name="factor"/> into <paramref name="probabilities"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double StoreUnshifted<TUse>(
        float* logits, float* exponentials, nint classCount, in RowExponential<TLanes, TSums> row,
        float* others, float* probabilities, double factor)
        where TUse : struct
    {
        var exponential = row;
        var (high, low) = Split(factor);
        var sums = default(TSums);
        var differences = default(TLanes);
        var firstStep = RowExponential<TLanes, TSums>.FirstStep;

        // The row's tail comes first, because the sum would wait longest for it.
        var whole = classCount & -(2 * TLanes.Width);
        for (var i = whole; i < classCount; i += TLanes.Width)
        {
            var count = (int)Math.Min(TLanes.Width, classCount - i);
            var part = exponential.OfInRange(TLanes.LoadFirst(logits + i, count, 0), out var steps);
            if (typeof(TUse) == typeof(ToDestination))
            {
                part.StoreFirst(exponentials + i, count);
            }
            else
            {
                part.Store(exponentials + i);
            }

            sums = TLanes.AddPositive(sums, part.KeepFirst(count));
            differences = TLanes.Differences(differences, steps, firstStep);
        }

        for (nint i = 0; i < whole; i += 2 * TLanes.Width)
        {
            var first = exponential.OfInRange(TLanes.Load(logits + i), out var firstSteps);
            var second = exponential.OfInRange(TLanes.Load(logits + i + TLanes.Width), out var secondSteps);
            first.Store(exponentials + i);
            second.Store(exponentials + i + TLanes.Width);
            sums = TLanes.AddPositive(sums, first + second);
            differences = TLanes.Differences(
                TLanes.Differences(differences, firstSteps, firstStep), secondSteps, firstStep);
            if (typeof(TUse) == typeof(ToScratchWhileFinishingOther))
            {
                Multiply(TLanes.Load(others + i), high, low).Store(probabilities + i);
                Multiply(TLanes.Load(others + i + TLanes.Width), high, low).Store(probabilities + i + TLanes.Width);
            }
        }

        if (typeof(TUse) == typeof(ToScratchWhileFinishingOther))
        {
            for (var i = whole; i < classCount; i += TLanes.Width)
            {
                var count = (int)Math.Min(TLanes.Width, classCount - i);
                Multiply(TLanes.Load(others + i), high, low).StoreFirst(probabilities + i, count);
            }
        }

        return RowExponential<TLanes, TSums>.AreUnshifted(differences) ? TLanes.TotalOfPositive(sums) : double.NaN;
    }

    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static bool IsUnshifted(float* logits, nint classCount, in RowExponential<TLanes, TSums> exponential)
    {
        var row = exponential;
        var differences = default(TLanes);
        for (nint i = 0; i < classCount; i += TLanes.Width)
        {
            var count = (int)Math.Min(TLanes.Width, classCount - i);
            var lanes = count == TLanes.Width ? TLanes.Load(logits + i) : TLanes.LoadFirst(logits + i, count, 0);
            differences = TLanes.Differences(differences, row.Steps(lanes), RowExponential<TLanes, TSums>.FirstStep);
        }

        return RowExponential<TLanes, TSums>.AreUnshifted(differences);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TLanes High, TLanes Low) Split(double factor) =>
        (TLanes.Create((float)factor), TLanes.Create((float)(factor - (float)factor)));

    private readonly struct ToScratch;

    private readonly struct ToScratchWhileFinishingOther;

    private readonly struct ToDestination;
}

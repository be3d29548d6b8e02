using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

/// <summary>The kernels in float, written once for all vector widths.</summary>
/// <remarks>
/// A row's result depends only on the row. Each row is read from its own first element in whole vectors; its last,
/// partial vector is read and written under a mask, never beyond the row and never over a neighbour.
/// </remarks>
internal readonly unsafe partial struct VectorKernel<TLanes, TSums> : ISoftmaxKernel
    where TLanes : struct, IFloatLanes<TLanes, TSums>
    where TSums : struct
{
    /// <summary>The number of logits from which the maximum is guessed.</summary>
    private const int GuessLength = 64;

    public static int ComputeTogether(
        float* logits, float* probabilities, int rowCount, int classCount, in TemperatureScale scale)
    {
        if (!scale.FitsFloat)
        {
            return 0;
        }

        if (IsSmall(classCount))
        {
            return SmallRows512.ComputeGroups(logits, probabilities, rowCount, classCount, scale);
        }

        if (classCount > ScratchLength)
        {
            return 0;
        }

        ComputeRowsByScratch(logits, probabilities, rowCount, classCount, scale);
        return rowCount;
    }

    /// <summary>
    /// Whether a vector holds a whole row. Only with 512 bits, where a few instructions turn a row of sums into a
    /// column.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSmall(nint classCount) =>
        typeof(TLanes) == typeof(FloatLanes512) && classCount <= TLanes.Width;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ComputeRow(float* logits, float* probabilities, nint classCount, float temperature)
    {
        if (!IsSmall(classCount)
            || !SmallRows512.TryCompute(logits, probabilities, (int)classCount, new TemperatureScale(temperature)))
        {
            ComputeOtherRow(logits, probabilities, classCount, temperature);
        }
    }

    public static void Compute(float* logits, float* probabilities, nint classCount, in TemperatureScale scale)
    {
        if (!IsSmall(classCount) || !SmallRows512.TryCompute(logits, probabilities, (int)classCount, scale))
        {
            ComputeOtherRow(logits, probabilities, classCount, scale);
        }
    }

    /// <summary>
    /// Computes the scale from the temperature again. Passing the scale by reference instead would slow small rows by
    /// more than that costs.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ComputeOtherRow(float* logits, float* probabilities, nint classCount, float temperature) =>
        ComputeOtherRow(logits, probabilities, classCount, new TemperatureScale(temperature));

    private static void ComputeOtherRow(float* logits, float* probabilities, nint classCount, in TemperatureScale scale)
    {
        if (IsSmall(classCount))
        {
            ComputeShiftedRow(logits, probabilities, classCount, scale);
        }
        else if (classCount > ScratchLength || !scale.FitsFloat)
        {
            ComputeLargeRow(logits, probabilities, classCount, scale);
        }
        else
        {
            ComputeRowsByScratch(logits, probabilities, 1, classCount, scale);
        }
    }

    /// <summary>
    /// The exponents show whether a row needed a shift. Only a row that is computed in place must be checked
    /// beforehand, because its logits are overwritten.
    /// </summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static void ComputeLargeRow(float* logits, float* probabilities, nint classCount, in TemperatureScale scale)
    {
        if (TryComputePastCache(logits, probabilities, classCount, scale, 1))
        {
            return;
        }

        var total = double.NaN;
        var exponential = new RowExponential<TLanes, TSums>(scale);
        if (scale.FitsFloat && (logits != probabilities || IsUnshifted(logits, classCount, exponential)))
        {
            total = StoreUnshifted<ToDestination>(logits, probabilities, classCount, exponential, null, null, 0);
        }

        if (double.IsNaN(total))
        {
            ComputeShiftedRow(logits, probabilities, classCount, scale);
        }
        else
        {
            Multiply(probabilities, classCount, 1 / total);
        }
    }

    /// <summary>
    /// A row that needs a shift. The shift is guessed from the row's beginning; the largest exponent shows how wrong
    /// the guess was, which seldom matters.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ComputeShiftedRow(
        float* logits, float* probabilities, nint classCount, in TemperatureScale scale)
    {
        if (!scale.FitsFloat)
        {
            ScalarKernel.Compute(logits, probabilities, classCount, scale);
            return;
        }

        var total = StoreExponentialsByGuess(logits, probabilities, classCount, scale);
        if (double.IsNaN(total))
        {
            new Span<float>(probabilities, (int)classCount).Fill(float.NaN);
        }
        else
        {
            Multiply(probabilities, classCount, 1 / total);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double StoreExponentialsByGuess(
        float* logits, float* probabilities, nint classCount, in TemperatureScale scale)
    {
        var guess = Maximum(logits, Math.Min(classCount, GuessLength));
        var total = double.NaN;
        if (RowExponential<TLanes, TSums>.IsNear(scale, guess))
        {
            var exponential = new RowExponential<TLanes, TSums>(
                scale, guess, RowExponential<TLanes, TSums>.DepthForQuotients);
            if (logits != probabilities
                || classCount <= GuessLength
                || IsInRange(exponential, Maximum(logits, classCount)))
            {
                total = SumExponentials<Stored>(logits, probabilities, classCount, exponential);
            }
        }

        if (double.IsNaN(total))
        {
            total = StoreExponentialsFromMaximum(logits, probabilities, classCount, scale);
        }

        return total;
    }

    /// <summary>
    /// The rows for which a guess fails: those that rise late, those whose maximum must be subtracted, and those
    /// without a softmax.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double StoreExponentialsFromMaximum(
        float* logits, float* exponentials, nint classCount, in TemperatureScale scale)
    {
        var maximum = Maximum(logits, classCount);
        if (!float.IsFinite(maximum))
        {
            return double.NaN;
        }

        var exponential = new RowExponential<TLanes, TSums>(
            scale, maximum, RowExponential<TLanes, TSums>.DepthForQuotients);
        return RowExponential<TLanes, TSums>.IsNear(scale, maximum)
            ? SumExponentials<Stored>(logits, exponentials, classCount, exponential)
            : StoreFarExponentials(logits, exponentials, classCount, exponential);
    }

    private static bool IsInRange(in RowExponential<TLanes, TSums> exponential, float maximum)
    {
        exponential.Of(TLanes.Create(maximum), out var steps);
        return RowExponential<TLanes, TSums>.AreInRange(steps);
    }

    /// <summary>The largest logit. On x86 a NaN may be missed here; the sum of exponentials reveals it.</summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static float Maximum(float* logits, nint classCount)
    {
        var first = TLanes.Create(float.NegativeInfinity);
        var second = first;
        nint i = 0;
        for (; i <= classCount - 2 * TLanes.Width; i += 2 * TLanes.Width)
        {
            first = TLanes.Larger(TLanes.Load(logits + i), first);
            second = TLanes.Larger(TLanes.Load(logits + i + TLanes.Width), second);
        }

        if (i <= classCount - TLanes.Width)
        {
            first = TLanes.Larger(TLanes.Load(logits + i), first);
            i += TLanes.Width;
        }

        if (i < classCount)
        {
            second = TLanes.Larger(TLanes.LoadFirst(logits + i, (int)(classCount - i), float.NegativeInfinity), second);
        }

        return TLanes.LargestLane(TLanes.Larger(first, second));
    }

    /// <summary>
    /// Stores the row's exponentials and returns their sum, or NaN if a logit is NaN or far above the guess. Two
    /// vectors are added in float before the sum continues in double. That one rounding is at most 2^-24 of the sum at
    /// any length, and Σp stays within 2 · 2^-24 = 1.2e-7 of 1.
    /// </summary>
    /// <typeparam name="TUse">
    /// Whether the exponentials are <see cref="Stored"/> or only <see cref="Summed"/>: one method, compiled to two
    /// loops.
    /// </typeparam>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static double SumExponentials<TUse>(
        float* logits, float* exponentials, nint classCount, in RowExponential<TLanes, TSums> row)
        where TUse : struct
    {
        var exponential = row;
        var sums = default(TSums);
        var largest = default(TLanes);
        nint i = 0;
        for (; i <= classCount - 2 * TLanes.Width; i += 2 * TLanes.Width)
        {
            var first = exponential.Of(TLanes.Load(logits + i), out var firstSteps);
            var second = exponential.Of(TLanes.Load(logits + i + TLanes.Width), out var secondSteps);
            if (typeof(TUse) == typeof(Stored))
            {
                first.Store(exponentials + i);
                second.Store(exponentials + i + TLanes.Width);
            }

            sums = TLanes.Add(sums, first + second);
            largest = TLanes.LargerStep(largest, TLanes.LargerStep(firstSteps, secondSteps));
        }

        if (i <= classCount - TLanes.Width)
        {
            var whole = exponential.Of(TLanes.Load(logits + i), out var steps);
            if (typeof(TUse) == typeof(Stored))
            {
                whole.Store(exponentials + i);
            }

            sums = TLanes.Add(sums, whole);
            largest = TLanes.LargerStep(largest, steps);
            i += TLanes.Width;
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            var part = exponential.Of(TLanes.LoadFirst(logits + i, count, float.NegativeInfinity), out var steps);
            if (typeof(TUse) == typeof(Stored))
            {
                part.StoreFirst(exponentials + i, count);
            }

            sums = TLanes.Add(sums, part);
            largest = TLanes.LargerStep(largest, steps);
        }

        return RowExponential<TLanes, TSums>.AreInRange(largest) ? TLanes.Total(sums) : double.NaN;
    }

    /// <summary>As <see cref="SumExponentials"/>, for rows so far from zero that their maximum is subtracted.</summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static double StoreFarExponentials(
        float* logits, float* exponentials, nint classCount, in RowExponential<TLanes, TSums> row)
    {
        var exponential = row;
        var sums = default(TSums);
        nint i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
        {
            var whole = exponential.OfAny(TLanes.Load(logits + i));
            whole.Store(exponentials + i);
            sums = TLanes.Add(sums, whole);
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            var part = exponential.OfAny(TLanes.LoadFirst(logits + i, count, float.NegativeInfinity));
            part.StoreFirst(exponentials + i, count);
            sums = TLanes.Add(sums, part);
        }

        return TLanes.Total(sums);
    }

    /// <summary>
    /// Multiplies by a factor that is split into two floats, so that only the product is rounded: a certain class gets
    /// exactly 1, nothing exceeds 1, and Σp has no bias.
    /// </summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static void Multiply(float* values, nint classCount, double factor)
    {
        var (high, low) = Split(factor);
        nint i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
        {
            Multiply(TLanes.Load(values + i), high, low).Store(values + i);
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            Multiply(TLanes.LoadFirst(values + i, count, 0), high, low).StoreFirst(values + i, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Multiply(TLanes value, TLanes high, TLanes low) =>
        TLanes.FusedMultiplyAdd(value, high, value * low);

    private readonly struct Stored;

    private readonly struct Summed;
}

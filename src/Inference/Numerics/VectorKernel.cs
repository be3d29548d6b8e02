using System.Runtime.CompilerServices;

namespace SoftmaxService.Inference.Numerics;

/// <summary>The kernels in float, one text for every vector width.</summary>
/// <remarks>
/// A row's result depends on nothing but the row: each row is read from its own first element in whole vectors, and its
/// last, partial vector is read and written lane by lane under a mask, never beyond the row and never over a neighbour.
/// </remarks>
internal readonly unsafe partial struct VectorKernel<TLanes, TSums> : ISoftmaxKernel
    where TLanes : struct, IFloatLanes<TLanes, TSums>
    where TSums : struct
{
    public static void Compute(float* logits, float* probabilities, nint classCount, in TemperatureScale scale)
    {
        if (!scale.FitsFloat)
        {
            ScalarKernel.Compute(logits, probabilities, classCount, scale);
            return;
        }

        var maximum = Maximum(logits, classCount);
        var total = double.NaN;
        if (float.IsFinite(maximum))
            total = StoreExponentials(logits, probabilities, classCount, scale, maximum);

        if (double.IsNaN(total))
            new Span<float>(probabilities, (int)classCount).Fill(float.NaN);
        else
            Multiply(probabilities, classCount, 1 / total);
    }

    /// <summary>The largest logit. On x86 a NaN may go unnoticed here; the sum of exponentials finds it.</summary>
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
            second = TLanes.Larger(TLanes.LoadFirst(logits + i, (int)(classCount - i), float.NegativeInfinity), second);

        return TLanes.LargestLane(TLanes.Larger(first, second));
    }

    /// <summary>
    /// Stores the row's exponentials and answers their sum. Two vectors are added in float before the sum goes on in double:
    /// that one rounding is at most 2^-24 of the sum at any length, and Σp stays within 2 · 2^-24 = 1.2e-7 of 1.
    /// </summary>
    private static double StoreExponentials(
        float* logits, float* exponentials, nint classCount, in TemperatureScale scale, float maximum)
    {
        var exponential = new RowExponential<TLanes, TSums>(scale, maximum);
        var sums = default(TSums);
        nint i = 0;
        for (; i <= classCount - 2 * TLanes.Width; i += 2 * TLanes.Width)
        {
            var first = exponential.Of(TLanes.Load(logits + i));
            var second = exponential.Of(TLanes.Load(logits + i + TLanes.Width));
            first.Store(exponentials + i);
            second.Store(exponentials + i + TLanes.Width);
            sums = TLanes.Add(sums, first + second);
        }

        if (i <= classCount - TLanes.Width)
        {
            var whole = exponential.Of(TLanes.Load(logits + i));
            whole.Store(exponentials + i);
            sums = TLanes.Add(sums, whole);
            i += TLanes.Width;
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            var part = exponential.Of(TLanes.LoadFirst(logits + i, count, float.NegativeInfinity));
            part.StoreFirst(exponentials + i, count);
            sums = TLanes.Add(sums, part);
        }

        return TLanes.Total(sums);
    }

    /// <summary>
    /// Multiplies by a factor that is split in two floats, so that only the product is rounded: a certain class gets
    /// exactly 1, nothing exceeds 1, and Σp has no bias.
    /// </summary>
    private static void Multiply(float* values, nint classCount, double factor)
    {
        var high = TLanes.Create((float)factor);
        var low = TLanes.Create((float)(factor - (float)factor));
        nint i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
            Multiply(TLanes.Load(values + i), high, low).Store(values + i);

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            Multiply(TLanes.LoadFirst(values + i, count, 0), high, low).StoreFirst(values + i, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Multiply(TLanes value, TLanes high, TLanes low) =>
        TLanes.FusedMultiplyAdd(value, high, value * low);
}

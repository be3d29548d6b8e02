using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

internal readonly unsafe partial struct VectorKernel<TLanes, TSums>
{
    public static void ComputeLog(float* logits, float* logProbabilities, nint classCount, in TemperatureScale scale)
    {
        if (!scale.FitsFloat)
        {
            ScalarKernel.ComputeLog(logits, logProbabilities, classCount, scale);
            return;
        }

        var maximum = Maximum(logits, classCount);
        var logTotal = float.IsFinite(maximum) ? LogTotal(logits, classCount, scale, maximum) : double.NaN;
        if (double.IsNaN(logTotal))
        {
            new Span<float>(logProbabilities, (int)classCount).Fill(float.NaN);
            return;
        }

        // log p = (z − m) / T − log Σ: both parts are ≤ 0, so nothing cancels and double precision keeps every digit.
        var inverse = 1 / scale.Temperature;
        nint i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
        {
            TLanes.TransformInDouble(TLanes.Load(logits + i), maximum, inverse, logTotal).Store(logProbabilities + i);
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            var part = TLanes.LoadFirst(logits + i, count, 0);
            TLanes.TransformInDouble(part, maximum, inverse, logTotal).StoreFirst(logProbabilities + i, count);
        }
    }

    public static float LogSumExp(float* logits, nint classCount, in TemperatureScale scale)
    {
        if (!scale.FitsFloat)
        {
            return ScalarKernel.LogSumExp(logits, classCount, scale);
        }

        // Maximum may have missed a NaN beside an infinity, and no sum follows that would reveal it.
        var maximum = Maximum(logits, classCount);
        return float.IsFinite(maximum)
            ? (float)(maximum / scale.Temperature + LogTotal(logits, classCount, scale, maximum))
            : ScalarKernel.Maximum(logits, classCount);
    }

    /// <summary>log Σ exp((z − maximum) / T), at least 0; NaN if the row holds a NaN.</summary>
    private static double LogTotal(float* logits, nint classCount, in TemperatureScale scale, float maximum)
    {
        var exponential = new RowExponential<TLanes, TSums>(scale, maximum, RowExponential<TLanes, TSums>.DepthForSums);
        var largest = TLanes.Create(maximum);
        var rest = default(TSums);
        var ties = default(TSums);
        nint i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
        {
            Accumulate(TLanes.Load(logits + i), largest, exponential, ref rest, ref ties);
        }

        if (i < classCount)
        {
            var part = TLanes.LoadFirst(logits + i, (int)(classCount - i), float.NegativeInfinity);
            Accumulate(part, largest, exponential, ref rest, ref ties);
        }

        var unit = Math.Exp(-exponential.LargestExponent * TemperatureScale.Ln2);
        return LogOnePlus.OfTotal(TLanes.Total(ties), TLanes.Total(rest) * unit);
    }

    /// <summary>The largest terms are exactly 1 and are only counted, so that a small rest keeps its digits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(
        TLanes logits, TLanes largest, in RowExponential<TLanes, TSums> exponential, ref TSums rest, ref TSums ties)
    {
        var zero = default(TLanes);
        rest = TLanes.Add(rest, TLanes.WhereEqual(logits, largest, zero, exponential.OfAny(logits)));
        ties = TLanes.Add(ties, TLanes.WhereEqual(logits, largest, TLanes.Create(1), zero));
    }
}

using System.Runtime.CompilerServices;

namespace SoftmaxService.Inference.Numerics;

internal readonly unsafe partial struct VectorKernel<TLanes, TSums>
{
    private const int ScratchLength = 1024;

    /// <summary>Two rows of exponentials in the first cache: while one waits for its sum, the next is computed.</summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static void ComputeRowsNearZero(float* logits, float* probabilities, nint rowCount, nint classCount, in TemperatureScale scale)
    {
        var memory = stackalloc byte[(2 * ScratchLength + 16) * sizeof(float)];
        var exponentials = (float*)(((nint)memory + 63) & ~(nint)63);
        var others = exponentials + ScratchLength;
        var exponential = new RowExponential<TLanes, TSums>(scale);
        var previousTotal = double.NaN;
        for (nint row = 0; row < rowCount; row++)
        {
            var source = logits + row * classCount;
            var total = double.IsNaN(previousTotal)
                ? StoreNearZero<Summed>(source, exponentials, classCount, exponential, null, null, 0)
                : StoreNearZero<Stored>(source, exponentials, classCount, exponential, others, probabilities + (row - 1) * classCount, 1 / previousTotal);
            if (double.IsNaN(total))
                ComputeFarRow(source, probabilities + row * classCount, classCount, scale);
            previousTotal = total;
            var next = others;
            others = exponentials;
            exponentials = next;
        }

        if (!double.IsNaN(previousTotal))
            Multiply(others, probabilities + (rowCount - 1) * classCount, classCount, 1 / previousTotal);
    }

    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static double StoreNearZero<TUse>(float* logits, float* exponentials, nint classCount, in RowExponential<TLanes, TSums> row, float* others, float* probabilities, double factor)
    {
        var exponential = row;
        var high = TLanes.Create((float)factor);
        var low = TLanes.Create((float)(factor - (float)factor));
        var sums = default(TSums);
        var differences = default(TLanes);
        var first = RowExponential<TLanes, TSums>.FirstStep;
        nint i = 0;
        for (; i <= classCount - 2 * TLanes.Width; i += 2 * TLanes.Width)
        {
            var one = exponential.OfInRange(TLanes.Load(logits + i), out var steps);
            var two = exponential.OfInRange(TLanes.Load(logits + i + TLanes.Width), out var secondSteps);
            one.Store(exponentials + i);
            two.Store(exponentials + i + TLanes.Width);
            sums = TLanes.AddPositive(sums, one + two);
            differences = TLanes.Differences(TLanes.Differences(differences, steps, first), secondSteps, first);
            if (typeof(TUse) == typeof(Stored))
            {
                Multiply(TLanes.Load(others + i), high, low).Store(probabilities + i);
                Multiply(TLanes.Load(others + i + TLanes.Width), high, low).Store(probabilities + i + TLanes.Width);
            }
        }

        if (i <= classCount - TLanes.Width)
        {
            var whole = exponential.OfInRange(TLanes.Load(logits + i), out var steps);
            whole.Store(exponentials + i);
            sums = TLanes.AddPositive(sums, whole);
            differences = TLanes.Differences(differences, steps, first);
            if (typeof(TUse) == typeof(Stored))
                Multiply(TLanes.Load(others + i), high, low).Store(probabilities + i);
            i += TLanes.Width;
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            var part = exponential.OfInRange(TLanes.LoadFirst(logits + i, count, 0), out var steps);
            part.Store(exponentials + i);
            sums = TLanes.AddPositive(sums, part.KeepFirst(count));
            differences = TLanes.Differences(differences, steps, first);
            if (typeof(TUse) == typeof(Stored))
                Multiply(TLanes.Load(others + i), high, low).StoreFirst(probabilities + i, count);
        }

        return RowExponential<TLanes, TSums>.NeedNoShift(differences) ? TLanes.TotalOfPositive(sums) : double.NaN;
    }

    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    private static void Multiply(float* exponentials, float* probabilities, nint classCount, double factor)
    {
        var high = TLanes.Create((float)factor);
        var low = TLanes.Create((float)(factor - (float)factor));
        nint i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
            Multiply(TLanes.Load(exponentials + i), high, low).Store(probabilities + i);

        if (i < classCount)
        {
            var last = classCount - TLanes.Width;
            if (last >= 0)
                Multiply(TLanes.Load(exponentials + last), high, low).Store(probabilities + last);
            else
                Multiply(TLanes.Load(exponentials), high, low).StoreFirst(probabilities, (int)classCount);
        }
    }
}

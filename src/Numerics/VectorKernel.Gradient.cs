using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

/// <summary>Both gradients first compute the probabilities, in the memory that receives the gradient.</summary>
internal readonly unsafe partial struct VectorKernel<TLanes, TSums>
{
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    public static void Gradient(
        float* logits, float* upstream, float* gradient, nint classCount, in TemperatureScale scale)
    {
        Compute(logits, gradient, classCount, scale);

        // Divided by Σp, so that an upstream gradient that is equal for all classes leaves only rounding errors.
        var (products, sums) = (default(TSums), default(TSums));
        nint i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
        {
            var p = TLanes.Load(gradient + i);
            products = TLanes.AddProducts(products, p, Counted(p, TLanes.Load(upstream + i)));
            sums = TLanes.Add(sums, p);
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            var p = TLanes.LoadFirst(gradient + i, count, 0);
            products = TLanes.AddProducts(products, p, Counted(p, TLanes.LoadFirst(upstream + i, count, 0)));
            sums = TLanes.Add(sums, p);
        }

        var mean = TLanes.Total(products) / TLanes.Total(sums);
        var inverse = 1 / scale.Temperature;
        i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
        {
            var p = TLanes.Load(gradient + i);
            OfClasses(p, TLanes.Load(upstream + i), mean, inverse).Store(gradient + i);
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            var p = TLanes.LoadFirst(gradient + i, count, 0);
            OfClasses(p, TLanes.LoadFirst(upstream + i, count, 0), mean, inverse).StoreFirst(gradient + i, count);
        }
    }

    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    public static float CrossEntropy(
        float* logits, nint target, float* gradient, nint classCount, in TemperatureScale scale)
    {
        if (!scale.FitsFloat)
        {
            return ScalarKernel.CrossEntropy(logits, target, gradient, classCount, scale);
        }

        var maximum = Maximum(logits, classCount);
        var logTotal = float.IsFinite(maximum) ? LogTotal(logits, classCount, scale, maximum) : double.NaN;
        var loss = (float)(logTotal + ((double)maximum - logits[target]) / scale.Temperature);
        var isMasked = float.IsNegativeInfinity(logits[target]);
        Compute(logits, gradient, classCount, scale);

        // p − 1 of the target is the negative sum of the others: nothing cancels, however certain the target is.
        gradient[target] = double.IsNaN(logTotal) ? float.NaN : 0;
        var others = default(TSums);
        var inverse = 1 / scale.Temperature;
        nint i = 0;
        for (; i <= classCount - TLanes.Width; i += TLanes.Width)
        {
            var p = TLanes.Load(gradient + i);
            others = TLanes.Add(others, p);
            TLanes.TransformInDouble(p, 0, inverse, 0).Store(gradient + i);
        }

        if (i < classCount)
        {
            var count = (int)(classCount - i);
            var p = TLanes.LoadFirst(gradient + i, count, 0);
            others = TLanes.Add(others, p);
            TLanes.TransformInDouble(p, 0, inverse, 0).StoreFirst(gradient + i, count);
        }

        if (!isMasked)
        {
            gradient[target] = (float)(0 - TLanes.Total(others) * inverse);
        }

        return double.IsNaN(logTotal) ? float.NaN : loss;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes OfClasses(TLanes p, TLanes upstream, double mean, double inverse) =>
        Counted(p, TLanes.DifferenceTimes(Counted(p, upstream), mean, p, inverse));

    /// <summary>
    /// A class with probability 0 contributes nothing, whatever its other factor: 0 · ∞ would be NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Counted(TLanes p, TLanes value) => TLanes.WhereEqual(p, default, default, value);
}

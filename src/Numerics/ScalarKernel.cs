namespace SoftmaxService.Numerics;

/// <summary>
/// The definition in double precision, one element at a time. It is accurate for every temperature and every logit, so
/// it serves both temperatures whose reciprocal leaves float's range and processors without fused multiply-add.
/// </summary>
internal readonly unsafe struct ScalarKernel : ISoftmaxKernel
{
    public static int ComputeTogether(
        float* logits, float* probabilities, int rowCount, int classCount, in TemperatureScale scale) => 0;

    public static void ComputeRow(float* logits, float* probabilities, nint classCount, float temperature) =>
        Compute(logits, probabilities, classCount, new TemperatureScale(temperature));

    public static bool TryComputePastCache(
        float* logits, float* probabilities, nint classCount, in TemperatureScale scale, int degree) => false;

    public static void Compute(float* logits, float* probabilities, nint classCount, in TemperatureScale scale)
    {
        var maximum = Maximum(logits, classCount);
        var row = new Span<float>(probabilities, (int)classCount);
        if (!float.IsFinite(maximum))
        {
            row.Fill(float.NaN);
            return;
        }

        var total = 0.0;
        for (nint i = 0; i < classCount; i++)
        {
            total += Math.Exp(((double)logits[i] - maximum) / scale.Temperature);
        }

        // Exponentials are computed twice instead of stored, because the destination can only hold floats.
        for (nint i = 0; i < classCount; i++)
        {
            probabilities[i] = (float)(Math.Exp(((double)logits[i] - maximum) / scale.Temperature) / total);
        }
    }

    public static void ComputeLog(float* logits, float* logProbabilities, nint classCount, in TemperatureScale scale)
    {
        var maximum = Maximum(logits, classCount);
        if (!float.IsFinite(maximum))
        {
            new Span<float>(logProbabilities, (int)classCount).Fill(float.NaN);
            return;
        }

        var logTotal = LogTotal(logits, classCount, scale, maximum);
        for (nint i = 0; i < classCount; i++)
        {
            logProbabilities[i] = (float)(((double)logits[i] - maximum) / scale.Temperature - logTotal);
        }
    }

    public static float LogSumExp(float* logits, nint classCount, in TemperatureScale scale)
    {
        var maximum = Maximum(logits, classCount);
        return float.IsFinite(maximum)
            ? (float)(maximum / scale.Temperature + LogTotal(logits, classCount, scale, maximum))
            : maximum;
    }

    public static void Gradient(
        float* logits, float* upstream, float* gradient, nint classCount, in TemperatureScale scale)
    {
        Compute(logits, gradient, classCount, scale);
        var (total, product) = (0.0, 0.0);
        for (nint i = 0; i < classCount; i++)
        {
            total += gradient[i];
            product += gradient[i] == 0 ? 0 : (double)gradient[i] * upstream[i];
        }

        var mean = product / total;
        for (nint i = 0; i < classCount; i++)
        {
            gradient[i] = gradient[i] == 0
                ? 0
                : (float)((upstream[i] - mean) * gradient[i] * (1 / scale.Temperature));
        }
    }

    public static float CrossEntropy(
        float* logits, nint target, float* gradient, nint classCount, in TemperatureScale scale)
    {
        var maximum = Maximum(logits, classCount);
        if (!float.IsFinite(maximum))
        {
            new Span<float>(gradient, (int)classCount).Fill(float.NaN);
            return float.NaN;
        }

        var logTotal = LogTotal(logits, classCount, scale, maximum);
        var loss = (float)(logTotal + ((double)maximum - logits[target]) / scale.Temperature);
        var isMasked = float.IsNegativeInfinity(logits[target]);
        Compute(logits, gradient, classCount, scale);
        var others = 0.0;
        for (nint i = 0; i < classCount; i++)
        {
            others += i == target ? 0 : gradient[i];
            gradient[i] = (float)(gradient[i] / scale.Temperature);
        }

        gradient[target] = isMasked ? 0 : (float)(0 - others / scale.Temperature);
        return loss;
    }

    /// <summary>The largest logit, or NaN if there is a NaN.</summary>
    internal static float Maximum(float* logits, nint classCount)
    {
        var maximum = float.NegativeInfinity;
        for (nint i = 0; i < classCount; i++)
        {
            maximum = MathF.Max(maximum, logits[i]);
        }

        return maximum;
    }

    /// <summary>log Σ exp((z − maximum) / T), at least 0.</summary>
    private static double LogTotal(float* logits, nint classCount, in TemperatureScale scale, float maximum)
    {
        var (ties, rest) = (0.0, 0.0);
        for (nint i = 0; i < classCount; i++)
        {
            if (logits[i] == maximum)
            {
                ties++;
            }
            else
            {
                rest += Math.Exp(((double)logits[i] - maximum) / scale.Temperature);
            }
        }

        return LogOnePlus.OfTotal(ties, rest);
    }
}

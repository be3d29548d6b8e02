namespace SoftmaxService.Inference.Calibration;

/// <summary>Finds the step of an 8-bit quantizer in the numbers that it rounded.</summary>
internal static class QuantizationGrid
{
    /// <summary>Fewer distinct numbers may lie on any grid by chance.</summary>
    public const int MinLevels = 4;

    // No quantizer would choose a grid coarser than 1/50 for numbers in 0…1.
    private const double FinestStep = 1e-4;
    private const double CoarsestStep = 0.02;

    /// <summary>The distinct finite numbers in some rows, ascending.</summary>
    public static float[] LevelsOf(IReadOnlyList<float[]> rows) =>
        [.. rows.SelectMany(row => row).Where(float.IsFinite).Distinct().Order()];

    /// <summary>The step whose multiples all levels are, where they lie in 0…1; otherwise null.</summary>
    public static double? StepOf(float[] levels)
    {
        if (levels.Length < MinLevels || levels[0] < 0 || levels[^1] > 1 + CoarsestStep)
        {
            return null;
        }

        var step = levels[0] > 0 ? (double)levels[0] : double.PositiveInfinity;
        for (var i = 1; i < levels.Length; i++)
        {
            step = Math.Min(step, (double)levels[i] - levels[i - 1]);
        }

        // The largest level gives the step more exactly than a difference of floats.
        step = levels[^1] / Math.Round(levels[^1] / step);
        return step is >= FinestStep and <= CoarsestStep && Array.TrueForAll(levels, level => IsMultiple(level, step))
            ? step
            : null;
    }

    private static bool IsMultiple(float level, double step)
    {
        var count = level / step;
        return count <= byte.MaxValue + 1 && Math.Abs(count - Math.Round(count)) <= 1e-3;
    }
}

namespace SoftmaxService.Inference.Calibration;

/// <summary>How finely a model's output tells probabilities apart, which bounds what a 0 among them can mean.</summary>
/// <param name="SumTolerance">How far from 1 a row of K probabilities may sum because each of them is rounded.</param>
/// <param name="RoundedToZero">The probabilities below this are rounded to 0.</param>
internal readonly record struct ScoresPrecision(double SumTolerance, double RoundedToZero)
{
    // What rounding makes of a sum of 1. In 32 bits it is far less; in 16 the logarithm of a small probability is known to
    // 0.4 % of the probability, and a bfloat16 to 1/256 of itself.
    private const double SingleSum = 1e-3;
    private const double HalfSum = 1e-2;
    private const double BFloatSum = 1.0 / 256;

    // Half of the smallest number above 0: 2⁻¹⁵⁰ and 2⁻²⁵.
    private const double SingleZero = 7.006492321624085e-46;
    private const double HalfZero = 2.9802322387695312e-8;

    // Fewer different numbers may lie on any grid by chance; a coarser grid than 1/50 is none that a quantiser would choose.
    private const int FewestLevels = 4;
    private const double FinestStep = 1e-4;
    private const double CoarsestStep = 0.02;

    /// <summary>Looks at scores that may be probabilities.</summary>
    /// <param name="rows">Rows of finite scores, or of −∞.</param>
    /// <param name="step">The step of the graph's last quantiser, where it has one.</param>
    /// <param name="isHalf">Whether the output is declared to hold halves.</param>
    public static ScoresPrecision OfProbabilities(IReadOnlyList<float[]> rows, double? step, bool isHalf)
    {
        var levels = LevelsOf(rows);
        return (step ?? StepOf(levels)) is { } size
            ? new ScoresPrecision(SingleSum + (rows[0].Length * size / 2), size / 2)
            : OfFloats(levels, isHalf);
    }

    /// <summary>Looks at scores that may be logarithms of probabilities: a step between two of them is a factor.</summary>
    /// <param name="rows">Rows of finite scores, or of −∞.</param>
    /// <param name="step">The step of the graph's last quantiser, where it has one.</param>
    /// <param name="isHalf">Whether the output is declared to hold halves.</param>
    public static ScoresPrecision OfLogarithms(IReadOnlyList<float[]> rows, double? step, bool isHalf)
    {
        var floats = OfFloats(LevelsOf(rows), isHalf);
        return step is { } size ? floats with { SumTolerance = floats.SumTolerance + Math.Exp(size / 2) - 1 } : floats;
    }

    private static ScoresPrecision OfFloats(float[] levels, bool isHalf) =>
        isHalf || IsOnGrid(levels, level => (float)(Half)level == level) ? new ScoresPrecision(HalfSum, HalfZero)
        : new ScoresPrecision(IsOnGrid(levels, IsBFloat16) ? BFloatSum : SingleSum, SingleZero);

    private static float[] LevelsOf(IReadOnlyList<float[]> rows) => [.. rows.SelectMany(row => row).Where(float.IsFinite).Distinct().Order()];

    /// <summary>The step of an 8-bit quantiser whose multiples all scores are; null where they are none of any.</summary>
    /// <param name="rows">Rows of finite scores, or of −∞.</param>
    public static double? StepOf(IReadOnlyList<float[]> rows) => StepOf(LevelsOf(rows));

    /// <summary>The step of an 8-bit quantiser whose multiples all the numbers are, from 0 to 1; null where there is none.</summary>
    private static double? StepOf(float[] ascending)
    {
        if (ascending.Length < FewestLevels || ascending[0] < 0 || ascending[^1] > 1 + CoarsestStep)
        {
            return null;
        }

        var step = ascending[0] > 0 ? (double)ascending[0] : double.PositiveInfinity;
        for (var i = 1; i < ascending.Length; i++)
        {
            step = Math.Min(step, (double)ascending[i] - ascending[i - 1]);
        }

        // The step as the largest number says it: differences of floats are less exact.
        step = ascending[^1] / Math.Round(ascending[^1] / step);
        return step is >= FinestStep and <= CoarsestStep && Array.TrueForAll(ascending, level => IsMultiple(level, step)) ? step : null;
    }

    private static bool IsMultiple(float level, double step)
    {
        var count = level / step;
        return count <= byte.MaxValue + 1 && Math.Abs(count - Math.Round(count)) <= 1e-3;
    }

    /// <summary>Powers of two and 0 are on every grid, and tell nothing.</summary>
    private static bool IsOnGrid(float[] levels, Func<float, bool> isOn) =>
        Array.TrueForAll(levels, level => isOn(level)) && levels.Count(level => level != 0 && !float.IsPow2(Math.Abs(level))) >= FewestLevels;

    private static bool IsBFloat16(float value) => (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) == 0;
}

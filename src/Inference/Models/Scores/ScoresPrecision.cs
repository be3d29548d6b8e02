using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference.Models.Scores;

/// <summary>How precisely an output represents probabilities, which limits what a 0 among them can mean.</summary>
/// <param name="SumTolerance">How far from 1 a row of K probabilities may sum because each is rounded.</param>
/// <param name="RoundedToZero">Probabilities below this are rounded to 0.</param>
internal readonly record struct ScoresPrecision(double SumTolerance, double RoundedToZero)
{
    // The error that rounding causes in a sum of 1. In 32 bits it is far smaller. In 16 bits the logarithm of a small
    // probability determines the probability to within 0.4 %, and a bfloat16 is within 1/256 of its value.
    private const double SingleSum = 1e-3;
    private const double HalfSum = 1e-2;
    private const double BFloatSum = 1.0 / 256;

    // Half of the smallest positive number: 2⁻¹⁵⁰ and 2⁻²⁵.
    private const double SingleZero = 7.006492321624085e-46;
    private const double HalfZero = 2.9802322387695312e-8;

    /// <summary>Examines scores that may be probabilities.</summary>
    /// <param name="rows">Rows of scores, finite or −∞.</param>
    /// <param name="step">The step of the graph's last quantizer, if it has one.</param>
    /// <param name="isHalf">Whether the output is declared as float16.</param>
    public static ScoresPrecision OfProbabilities(IReadOnlyList<float[]> rows, double? step, bool isHalf)
    {
        var levels = QuantizationGrid.LevelsOf(rows);
        return (step ?? QuantizationGrid.StepOf(levels)) is { } size
            ? new ScoresPrecision(SingleSum + (rows[0].Length * size / 2), size / 2)
            : OfFloats(levels, isHalf);
    }

    /// <summary>Examines scores that may be logarithms of probabilities, where a step is a factor.</summary>
    /// <param name="rows">Rows of scores, finite or −∞.</param>
    /// <param name="step">The step of the graph's last quantizer, if it has one.</param>
    /// <param name="isHalf">Whether the output is declared as float16.</param>
    public static ScoresPrecision OfLogarithms(IReadOnlyList<float[]> rows, double? step, bool isHalf)
    {
        var floats = OfFloats(QuantizationGrid.LevelsOf(rows), isHalf);
        return step is { } size ? floats with { SumTolerance = floats.SumTolerance + Math.Exp(size / 2) - 1 } : floats;
    }

    private static ScoresPrecision OfFloats(float[] levels, bool isHalf) =>
        isHalf || AreAll(levels, IsHalf) ? new ScoresPrecision(HalfSum, HalfZero)
        : new ScoresPrecision(AreAll(levels, IsBFloat16) ? BFloatSum : SingleSum, SingleZero);

    /// <summary>Whether all levels have a type's precision. Powers of two and 0 have any and prove nothing.</summary>
    private static bool AreAll(float[] levels, Predicate<float> isPrecise) =>
        Array.TrueForAll(levels, isPrecise)
        && levels.Count(level => level != 0 && !float.IsPow2(Math.Abs(level))) >= QuantizationGrid.MinLevels;

    private static bool IsHalf(float value) => (float)(Half)value == value;

    private static bool IsBFloat16(float value) => (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) == 0;
}

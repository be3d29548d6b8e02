using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

/// <summary>
/// z ↦ 2^(z·c − N + Bias) for the logits of one row, where N is an integer near the largest z·c or near a guess of it.
/// </summary>
/// <remarks>
/// The maximum m is never subtracted in a way that rounds. Either nothing is subtracted from z and only N shifts (2);
/// or, where |m·c| is large, m is subtracted, which is exact for every z that matters (3).
/// <para>
/// (1)  y = S·z·c,  n = round(y),  r = y − n,  S = StepsPerOctave:  2^(y/S) = 2^(n/S) · 2^(r/S),  |r| ≤ 1/2
///      (Cody and Waite 1980; table-driven: Tang 1989; Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed.,
///      §11.1)
/// (2)  |m·c| &lt; 2^13:  N is the even number next to m·c, so that ties in round(y) round alike for every shift;
///      Origin = 0. n is the low bits of t = fma(z, High, 1.5·2^23 + k), since a float in [2^23, 2^24) has no bits
///      below 1. r = fma(z, Low, fma(z, High, −n)): the inner result is exact, so r carries two rounding errors of at
///      most 2^-26, and Low moves it by at most 2^18 · 2^-24, so |r| ≤ 1/2 + 2^-6.
/// (3)  |m·c| ≥ 2^13:  N = 0,  Origin = m.  A term that matters has m − z ≤ 208 / c ≤ |m| / 2, so z − m is exact
///      (Sterbenz).
/// (4)  The constant k in t combines the shift N and the exponent's bias: k = S·(ExponentOfOne + Bias − N). So the low
///      bits of t are the biased exponent of 2^(n/S − N + Bias) in steps, less the 64 octaves that the table holds.
/// (5)  z is raised to Floor, y/S ≥ N − Depth. Bias = Depth − 124: Floor's term is at least 2^-125, a normal float, and
///      less than 2^-150 of the sum. So −∞ needs no branch and ends as exactly 0, and a probability in float's denormal
///      range is rounded once, by the last multiplication.
/// (6)  A guess that is too low by up to 2^34 is as good as the maximum: N is an integer, so the terms and their sum
///      are larger by a power of two, which cancels. HighestExponent stands for 2^65: the sum of 2^31 such terms still
///      has a reciprocal far from the denormal range. A guess is never too high, since it is one of the row's logits.
/// (7)  A row with −63 ≤ z·c &lt; 65 throughout needs none of this: N = Bias = Floor = 0. Its k are below 128·S, so t
///      differs from 1.5·2^23 in no higher bit. One bitwise or of the differences decides for the whole row; NaN and
///      infinities differ too.
/// </para>
/// </remarks>
internal readonly struct RowExponential<TLanes, TSums>
    where TLanes : struct, IFloatLanes<TLanes, TSums>
    where TSums : struct
{
    /// <summary>Deep enough for quotients: a term below 2^-150 of the sum is 0 in float.</summary>
    public const int DepthForQuotients = 154;

    /// <summary>
    /// Deep enough where the sum of the small terms matters, however many there are. Its Bias of 84 leaves no room for
    /// a guess (6).
    /// </summary>
    public const int DepthForSums = 208;

    private const int HighestExponent = 65;
    private const int ExponentOfOne = 127 - 64; // the bias, less the octaves that the table holds
    private const double OriginThreshold = 8192;
    private const float RoundToInteger = 12582912; // 1.5 · 2^23

    private readonly TLanes _origin;
    private readonly TLanes _floor;
    private readonly TLanes _high;
    private readonly TLanes _low;
    private readonly TLanes _round;
    private readonly TLanes _powers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowExponential(in TemperatureScale scale, float maximum, int depth)
    {
        var bias = depth - 124;
        var exponent = maximum * scale.Factor;
        var shift = IsNear(scale, maximum) ? 2 * Math.Round(exponent / 2) : 0;
        _origin = TLanes.Create(IsNear(scale, maximum) ? 0 : maximum);
        _floor = TLanes.Create((float)((shift - depth) * scale.Octave));
        _high = TLanes.Create(scale.High * TLanes.StepsPerOctave);
        _low = TLanes.Create(scale.Low * TLanes.StepsPerOctave);
        _round = TLanes.Create((float)(RoundToInteger + TLanes.StepsPerOctave * (ExponentOfOne + bias - shift)));
        _powers = TLanes.Powers;
        LargestExponent = (IsNear(scale, maximum) ? exponent - shift : 0) + bias + TLanes.LogOfPowers;
    }

    /// <summary>
    /// For rows that need no shift (7). Has no floor, so only <see cref="Steps"/> and <see cref="OfInRange"/> may be
    /// used.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowExponential(in TemperatureScale scale)
    {
        _high = TLanes.Create(scale.High * TLanes.StepsPerOctave);
        _low = TLanes.Create(scale.Low * TLanes.StepsPerOctave);
        _round = TLanes.Create(RoundToInteger + TLanes.StepsPerOctave * ExponentOfOne);
        _powers = TLanes.Powers;
    }

    /// <summary>The exact exponent y/S − N + Bias of the row's maximum, with the table's own factor.</summary>
    public double LargestExponent { get; }

    /// <summary>
    /// Whether a row with this maximum is only shifted by an integer (2): all but the most extreme rows.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNear(in TemperatureScale scale, float maximum) =>
        Math.Abs(maximum * scale.Factor) < OriginThreshold;

    /// <summary>
    /// The value with which the steps of a row are compared, bit by bit, to see if it needs a shift (7).
    /// </summary>
    public static TLanes FirstStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Create(RoundToInteger);
    }

    /// <summary>
    /// Whether a row needs no shift: none of its steps differs from the first in a bit that stands for 128 octaves or
    /// more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreUnshifted(TLanes differences) =>
        TLanes.AreBelow(differences, 128 * TLanes.StepsPerOctave);

    /// <summary>
    /// Whether steps, or the largest of many, leave room for the sum (6). The steps of a NaN may; the sum reveals it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreInRange(TLanes steps) =>
        !TLanes.AnyStepAbove(
            steps, TLanes.Create(RoundToInteger + TLanes.StepsPerOctave * (ExponentOfOne + HighestExponent)));

    /// <summary>
    /// The exponentials of logits of a row near zero (2), and the steps t, which show whether a guess was too low.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Of(TLanes logits, out TLanes steps)
    {
        // The logits are the right operand, where a NaN survives.
        return OfInRange(TLanes.Larger(_floor, logits), out steps);
    }

    /// <summary>The exponentials of logits that are known to be above Floor, or whose steps are checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes OfInRange(TLanes logits, out TLanes steps)
    {
        steps = Steps(logits);
        var r = TLanes.FusedMultiplyAdd(logits, _low, TLanes.FusedMultiplyAdd(logits, _high, _round - steps));
        return Exp2.Of<TLanes, TSums>(TLanes.PowerOfStep(steps, _powers), r);
    }

    /// <summary>The steps t of (2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Steps(TLanes logits) => TLanes.FusedMultiplyAdd(logits, _high, _round);

    /// <summary>The exponentials of logits of any row. For a row near zero the origin is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes OfAny(TLanes logits) => Of(logits - _origin, out _);
}

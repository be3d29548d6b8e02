using System.Runtime.CompilerServices;

namespace SoftmaxService.Inference.Numerics;

/// <summary>
/// z ↦ 2^(z·c − N + Bias) for the logits of one row, N being an integer near the row's largest z·c.
/// </summary>
/// <remarks>
/// The maximum m is never subtracted in a way that rounds. Either nothing is subtracted from z and N alone shifts (2),
/// or, where |m·c| is large, m is, which is exact for every z that counts (3).
/// <para>
/// (1)  y = z·c,  n = round(y),  r = y − n:  2^y = 2^n · 2^r,  |r| ≤ 1/2
///      (Cody and Waite 1980; Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., §11.1)
/// (2)  |m·c| &lt; 2^14:  N = round(m·c),  Origin = 0.  n is the low bits of t = fma(z, High, 1.5·2^23 + k), since a float in
///      [2^23, 2^24) has no bits below 1.  r = fma(z, Low, fma(z, High, −n)): the inner product is exact, so r carries two
///      roundings of at most 2^-26, and Low moves it by at most 2^14 · 2^-24, so |r| ≤ 1/2 + 2^-9.
/// (3)  |m·c| ≥ 2^14:  N = 0,  Origin = m.  A term that counts has m − z ≤ 208 / c ≤ |m| / 2, so z − m is exact (Sterbenz).
/// (4)  The constant k in t is N's shift and the exponent's bias: k = 127 + Bias − N, so t's low nine bits are the biased
///      exponent of 2^(n − N + Bias).
/// (5)  z is raised to Floor, y ≥ N − 208. Floor's term is at least 2^(−209 + Bias), a normal float, and less than 2^-150
///      of the largest even when 2^31 of them are summed. So −∞ needs no branch and ends as exactly 0, and a probability
///      in float's denormal range is rounded once, by the last multiply.
/// (6)  Bias = 90 lies between 209 − 126, for (5), and 127 − 31 − 1, so that 2^31 terms sum without overflow.
/// </para>
/// </remarks>
internal readonly struct RowExponential<TLanes, TSums>
    where TLanes : struct, IFloatLanes<TLanes, TSums>
    where TSums : struct
{
    public const int Bias = 90;

    private const double OriginThreshold = 16384;
    private const double Depth = 208;
    private const float RoundToInteger = 12582912; // 1.5 · 2^23

    private readonly TLanes _origin;
    private readonly TLanes _floor;
    private readonly TLanes _high;
    private readonly TLanes _low;
    private readonly TLanes _round;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowExponential(in TemperatureScale scale, float maximum)
    {
        var exponent = maximum * scale.Factor;
        var shiftsByInteger = Math.Abs(exponent) < OriginThreshold;
        var shift = shiftsByInteger ? Math.Round(exponent) : 0;
        _origin = TLanes.Create(shiftsByInteger ? 0 : maximum);
        _floor = TLanes.Create((float)((shift - Depth) / scale.Factor));
        _high = TLanes.Create(scale.High);
        _low = TLanes.Create(scale.Low);
        _round = TLanes.Create((float)(RoundToInteger + 127 + Bias - shift));
        LargestExponent = (shiftsByInteger ? exponent - shift : 0) + Bias;
    }

    /// <summary>The exact exponent y − N + Bias of the row's maximum.</summary>
    public double LargestExponent { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Of(TLanes logits)
    {
        // The logits stand on the right, where a NaN survives.
        var z = TLanes.Larger(_floor, logits - _origin);
        var t = TLanes.FusedMultiplyAdd(z, _high, _round);
        var minusN = _round - t;
        var r = TLanes.FusedMultiplyAdd(z, _low, TLanes.FusedMultiplyAdd(z, _high, minusN));
        return Exp2Polynomial.Evaluate<TLanes, TSums>(r) * TLanes.PowerOfTwo(t);
    }
}

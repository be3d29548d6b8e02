using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

/// <summary>power · 2^(r / S) for |r| ≤ 1/2 + 2^-6, where S is the number of steps per octave.</summary>
/// <remarks>
/// (1)  2^(r / S) = 1 + r·Q(r), and the result is fma(power·r, Q, power). The product is small next to power, so little
///      remains of its rounding errors, and the last rounding is half an ULP.
/// (2)  S = 16: Q interpolates at 0 and ±0.924 of the interval's end;  max |1 + r·Q(r) − 2^(r/16)| = 0.033 · 2^-24.
///      Two vectors could hold S = 32, which would save a multiplication and 5 % of the time. But then Q of degree 1
///      leaves 1.0 · 2^-24, five ULP in the end.
/// (3)  S = 8:  as (2), 0.52 · 2^-24.
/// (4)  S = 1:  Q has degree 5 and minimizes the largest error (Remez' exchange algorithm in 120-bit arithmetic). Its
///      coefficients were rounded to float one by one from C1 up, and the higher ones were solved for again each time:
///      5.3e-9 &lt; 2^-27.5. One degree less would leave seven ULP.
/// (5)  With the table's error and the last rounding, a 512-bit exponential is off by at most 1.4 · 2^-24. A quotient
///      of two, with the float addition in the sum and its rounding, is off by at most 4.3 ULP, if all errors are at
///      their worst at once. Twelve million results of few classes, whose errors do not average out, reach 3.0; a
///      search for the worst case at 256 bits reached 3.9.
/// </remarks>
internal static class Exp2
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes, TSums>(TLanes power, TLanes r)
        where TLanes : struct, IFloatLanes<TLanes, TSums>
        where TSums : struct =>
        TLanes.FusedMultiplyAdd(power * r, TLanes.Exp2Quotient(r), power);
}

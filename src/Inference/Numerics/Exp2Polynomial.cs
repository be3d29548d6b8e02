using System.Runtime.CompilerServices;

namespace SoftmaxService.Inference.Numerics;

/// <summary>2^r on |r| ≤ 1/2 + 2^-9.</summary>
/// <remarks>
/// (1)  P(r) = 1 + C1·r + … + C6·r^6 minimises max |P(r) / 2^r − 1| (Remez' exchange algorithm in 120-bit arithmetic).
/// (2)  The coefficients were rounded to float one by one from C1 up, those above solved for again each time, and the
///      neighbours of C1 and C2 tried:  max |P(r) / 2^r − 1| = 5.3e-9 &lt; 2^-27.5, a tenth of an ULP.
///      Degree 5 would leave 4.6e-7, seven ULP.
/// (3)  Horner's last step fma(r, q, 1) adds its own half ULP, and the rounding of q at most |r·q| · 2^-23, a third.
/// </remarks>
internal static class Exp2Polynomial
{
    private const float C1 = 0.693147242f;
    private const float C2 = 0.240226552f;
    private const float C3 = 0.0555027276f;
    private const float C4 = 0.00961706508f;
    private const float C5 = 0.00134177704f;
    private const float C6 = 0.000158230687f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Evaluate<TLanes, TSums>(TLanes r)
        where TLanes : struct, IFloatLanes<TLanes, TSums>
        where TSums : struct
    {
        var q = TLanes.FusedMultiplyAdd(TLanes.Create(C6), r, TLanes.Create(C5));
        q = TLanes.FusedMultiplyAdd(q, r, TLanes.Create(C4));
        q = TLanes.FusedMultiplyAdd(q, r, TLanes.Create(C3));
        q = TLanes.FusedMultiplyAdd(q, r, TLanes.Create(C2));
        q = TLanes.FusedMultiplyAdd(q, r, TLanes.Create(C1));
        return TLanes.FusedMultiplyAdd(q, r, TLanes.Create(1));
    }
}

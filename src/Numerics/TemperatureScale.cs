using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SoftmaxService.Numerics;

/// <summary>A temperature, prepared so that dividing by it and changing to base 2 cost nothing in a loop.</summary>
/// <remarks>
/// (1)  exp(z / T) = 2^(z · c),  c = log2(e) / T
/// (2)  c = High + Low + δ,  High = float(c),  Low = float(c − High),  |δ| ≤ 2^-48 · c
/// In (2) Low is a full float only well inside float's range, and so is 1 / c: hence the bounds of
/// <see cref="FitsFloat"/>.
/// </remarks>
internal readonly struct TemperatureScale
{
    public const double Ln2 = 0.6931471805599453;
    private const double Log2E = 1.4426950408889634;
    private const double SmallestFactor = 7.888609052210118e-31; // 2^-100
    private const double LargestFactor = 1.2676506002282294e30;  // 2^100

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TemperatureScale(float temperature)
    {
        // Whole vectors, because the scalar conversions of x86 depend on the previous contents of their target
        // register.
        var wide = Vector128.WidenLower(Vector128.Create(temperature));
        var factor = Vector128.Create(Log2E) / wide;
        var high = Vector128.Narrow(factor, factor);
        var rest = factor - Vector128.WidenLower(high);
        Temperature = wide.ToScalar();
        Factor = factor.ToScalar();
        High = high.ToScalar();
        Low = Vector128.Narrow(rest, rest).ToScalar();
    }

    public double Temperature { get; }

    public double Factor { get; }

    /// <summary>1 / c, the distance between logits that doubles their ratio.</summary>
    public double Octave => Temperature * Ln2;

    public float High { get; }

    public float Low { get; }

    /// <summary>Whether the kernels in float may be used: true for temperatures from 1.2e-30 to 1.8e30.</summary>
    public bool FitsFloat => Factor is >= SmallestFactor and <= LargestFactor;
}

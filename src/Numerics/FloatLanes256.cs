using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SoftmaxService.Numerics;

internal readonly unsafe struct FloatLanes256(Vector256<float> lanes) : IFloatLanes<FloatLanes256, Vector256<double>>
{
    private readonly Vector256<float> _lanes = lanes;

    public static int Width => Vector256<float>.Count;

    public static int StepsPerOctave => 8;

    /// <summary>The best of a million random choices: all 8 powers are within 0.16 · 2^-24 of a float.</summary>
    public static double LogOfPowers => 0.06932717352113217;

    /// <summary>
    /// The powers, less what PowerOfStep adds for their steps and less the exponent's bias, plus 64 octaves.
    /// </summary>
    public static FloatLanes256 Powers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new((Vector256.Create(
            0x3f864d14, 0x3f9274d5, 0x3f9fb639, 0x3fae2abe, 0x3fbdee30, 0x3fcf1edf, 0x3fe1ddda, 0x3ff64f2d)
            - Vector256.Create(0x3f800000 - (64 << 23)) - (Vector256<int>.Indices << 20)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 LoadFirst(float* source, int count, float rest) =>
        new(Vector256.ConditionalSelect(First(count), Avx.MaskLoad(source, First(count)), Vector256.Create(rest)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreFirst(float* destination, int count) => Avx.MaskStore(destination, First(count), _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatLanes256 KeepFirst(int count) => new(_lanes & First(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 operator +(FloatLanes256 left, FloatLanes256 right) => new(left._lanes + right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 operator -(FloatLanes256 left, FloatLanes256 right) => new(left._lanes - right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 operator *(FloatLanes256 left, FloatLanes256 right) => new(left._lanes * right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 FusedMultiplyAdd(FloatLanes256 left, FloatLanes256 right, FloatLanes256 addend) =>
        new(Vector256.FusedMultiplyAdd(left._lanes, right._lanes, addend._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 Larger(FloatLanes256 left, FloatLanes256 right) =>
        new(Vector256.MaxNative(left._lanes, right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 LargerStep(FloatLanes256 left, FloatLanes256 right) =>
        new(Vector256.Max(left._lanes.AsInt32(), right._lanes.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyStepAbove(FloatLanes256 steps, FloatLanes256 bound) =>
        Vector256.GreaterThanAny(steps._lanes.AsInt32(), bound._lanes.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 Differences(FloatLanes256 seen, FloatLanes256 steps, FloatLanes256 first) =>
        new((seen._lanes.AsInt32() | (steps._lanes.AsInt32() ^ first._lanes.AsInt32())).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreBelow(FloatLanes256 bits, int bound) =>
        Vector256.LessThanAll(bits._lanes.AsUInt32(), Vector256.Create((uint)bound));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 PowerOfStep(FloatLanes256 steps, FloatLanes256 powers) =>
        new((Avx2.PermuteVar8x32(powers._lanes.AsInt32(), steps._lanes.AsInt32())
            + (steps._lanes.AsInt32() << 20)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 Exp2Quotient(FloatLanes256 r)
    {
        var q = Vector256.FusedMultiplyAdd(
            r._lanes, Vector256.Create(0.000108415712f), Vector256.Create(0.00375407282f));
        return new(Vector256.FusedMultiplyAdd(q, r._lanes, Vector256.Create(0.0866433978f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StorePastCache(float* destination) => _lanes.StoreAlignedNonTemporal(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 WhereEqual(
        FloatLanes256 left, FloatLanes256 right, FloatLanes256 chosen, FloatLanes256 other) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(left._lanes, right._lanes), chosen._lanes, other._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LargestLane(FloatLanes256 lanes) =>
        FloatLanes128.LargestLane(new(Vector128.MaxNative(lanes._lanes.GetLower(), lanes._lanes.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Add(Vector256<double> sums, FloatLanes256 lanes) =>
        sums + (Vector256.WidenLower(lanes._lanes) + Vector256.WidenUpper(lanes._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Total(Vector256<double> sums) => Vector256.Sum(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> AddPositive(Vector256<double> sums, FloatLanes256 lanes) => Add(sums, lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double TotalOfPositive(Vector256<double> sums) => Total(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> AddProducts(Vector256<double> sums, FloatLanes256 left, FloatLanes256 right) =>
        sums
        + (Vector256.WidenLower(left._lanes) * Vector256.WidenLower(right._lanes)
            + Vector256.WidenUpper(left._lanes) * Vector256.WidenUpper(right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 DifferenceTimes(
        FloatLanes256 lanes, double origin, FloatLanes256 weights, double factor)
    {
        var (o, f) = (Vector256.Create(origin), Vector256.Create(factor));
        var lower = (Vector256.WidenLower(lanes._lanes) - o) * Vector256.WidenLower(weights._lanes) * f;
        var upper = (Vector256.WidenUpper(lanes._lanes) - o) * Vector256.WidenUpper(weights._lanes) * f;
        return new(Vector256.Narrow(lower, upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes256 TransformInDouble(FloatLanes256 lanes, double origin, double factor, double offset)
    {
        var (o, f, s) = (Vector256.Create(origin), Vector256.Create(factor), Vector256.Create(offset));
        var lower = (Vector256.WidenLower(lanes._lanes) - o) * f - s;
        var upper = (Vector256.WidenUpper(lanes._lanes) - o) * f - s;
        return new(Vector256.Narrow(lower, upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> First(int count) =>
        Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();
}

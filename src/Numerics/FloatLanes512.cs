using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SoftmaxService.Numerics;

internal readonly unsafe struct FloatLanes512(Vector512<float> lanes) : IFloatLanes<FloatLanes512, Vector512<double>>
{
    private readonly Vector512<float> _lanes = lanes;

    public Vector512<float> Lanes => _lanes;

    public static int Width => Vector512<float>.Count;

    public static int StepsPerOctave => 16;

    /// <summary>The best of a million random choices: all 16 powers are within 0.33 · 2^-24 of a float.</summary>
    public static double LogOfPowers => 0.011775595998418022;

    /// <summary>
    /// The powers, less what PowerOfStep adds for their steps and less the exponent's bias, plus 64 octaves.
    /// </summary>
    public static FloatLanes512 Powers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new((Vector512.Create(
            0x3f810c8e, 0x3f86c335, 0x3f8cba9e, 0x3f92f5a7, 0x3f99774e, 0x3fa042b4, 0x3fa75b1c, 0x3faec3f0,
            0x3fb680be, 0x3fbe953f, 0x3fc70555, 0x3fcfd50d, 0x3fd908a4, 0x3fe2a485, 0x3fecad4f, 0x3ff727d3)
            - Vector512.Create(0x3f800000 - (64 << 23)) - (Vector512<int>.Indices << 19)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 LoadFirst(float* source, int count, float rest) =>
        new(Avx512F.MaskLoad(source, First(count), Vector512.Create(rest)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreFirst(float* destination, int count) => Avx512F.MaskStore(destination, First(count), _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatLanes512 KeepFirst(int count) => new(_lanes & First(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 operator +(FloatLanes512 left, FloatLanes512 right) => new(left._lanes + right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 operator -(FloatLanes512 left, FloatLanes512 right) => new(left._lanes - right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 operator *(FloatLanes512 left, FloatLanes512 right) => new(left._lanes * right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 FusedMultiplyAdd(FloatLanes512 left, FloatLanes512 right, FloatLanes512 addend) =>
        new(Vector512.FusedMultiplyAdd(left._lanes, right._lanes, addend._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 Larger(FloatLanes512 left, FloatLanes512 right) =>
        new(Vector512.MaxNative(left._lanes, right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 LargerStep(FloatLanes512 left, FloatLanes512 right) =>
        new(Vector512.Max(left._lanes.AsInt32(), right._lanes.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyStepAbove(FloatLanes512 steps, FloatLanes512 bound) =>
        Vector512.GreaterThanAny(steps._lanes.AsInt32(), bound._lanes.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 Differences(FloatLanes512 seen, FloatLanes512 steps, FloatLanes512 first) =>
        new((seen._lanes.AsInt32() | (steps._lanes.AsInt32() ^ first._lanes.AsInt32())).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreBelow(FloatLanes512 bits, int bound) =>
        Vector512.LessThanAll(bits._lanes.AsUInt32(), Vector512.Create((uint)bound));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 PowerOfStep(FloatLanes512 steps, FloatLanes512 powers) =>
        new((Avx512F.PermuteVar16x32(powers._lanes.AsInt32(), steps._lanes.AsInt32())
            + (steps._lanes.AsInt32() << 19)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 Exp2Quotient(FloatLanes512 r)
    {
        var q = Vector512.FusedMultiplyAdd(
            r._lanes, Vector512.Create(1.35510963e-05f), Vector512.Create(0.000938418147f));
        return new(Vector512.FusedMultiplyAdd(q, r._lanes, Vector512.Create(0.0433216989f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StorePastCache(float* destination) => _lanes.StoreAlignedNonTemporal(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 WhereEqual(
        FloatLanes512 left, FloatLanes512 right, FloatLanes512 chosen, FloatLanes512 other) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(left._lanes, right._lanes), chosen._lanes, other._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LargestLane(FloatLanes512 lanes) =>
        FloatLanes256.LargestLane(new(Vector256.MaxNative(lanes._lanes.GetLower(), lanes._lanes.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Add(Vector512<double> sums, FloatLanes512 lanes) =>
        sums + (Vector512.WidenLower(lanes._lanes) + Vector512.WidenUpper(lanes._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Total(Vector512<double> sums) => Vector512.Sum(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> AddPositive(Vector512<double> sums, FloatLanes512 lanes) =>
        sums + PositivePairs(lanes._lanes);

    /// <summary>
    /// The sums of neighbours, in double precision and times 2^-896. A float's bits, shifted to the position of a
    /// double's, are that float times 2^-896, because the two exponents' biases differ by 896. On some processors this
    /// takes half the time of a conversion.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> PositivePairs(Vector512<float> lanes)
    {
        // The multiplication uses only the even lanes: a mask and a shift in one.
        var even = Avx512F.Multiply(lanes.AsUInt32(), Vector512.Create(1u << 29));
        var odd = (lanes.AsUInt64() & Vector512.Create(0xffffffff00000000)) >> 3;
        return even.AsDouble() + odd.AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double TotalOfPositive(Vector512<double> sums)
    {
        var four = sums.GetLower() + sums.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return (two + Vector128.Shuffle(two, Vector128.Create(1, 0))).ToScalar() * 5.282945311356653e269; // 2^896
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> AddProducts(Vector512<double> sums, FloatLanes512 left, FloatLanes512 right) =>
        sums
        + (Vector512.WidenLower(left._lanes) * Vector512.WidenLower(right._lanes)
            + Vector512.WidenUpper(left._lanes) * Vector512.WidenUpper(right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 DifferenceTimes(
        FloatLanes512 lanes, double origin, FloatLanes512 weights, double factor)
    {
        var (o, f) = (Vector512.Create(origin), Vector512.Create(factor));
        var lower = (Vector512.WidenLower(lanes._lanes) - o) * Vector512.WidenLower(weights._lanes) * f;
        var upper = (Vector512.WidenUpper(lanes._lanes) - o) * Vector512.WidenUpper(weights._lanes) * f;
        return new(Vector512.Narrow(lower, upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 TransformInDouble(FloatLanes512 lanes, double origin, double factor, double offset)
    {
        var (o, f, s) = (Vector512.Create(origin), Vector512.Create(factor), Vector512.Create(offset));
        var lower = (Vector512.WidenLower(lanes._lanes) - o) * f - s;
        var upper = (Vector512.WidenUpper(lanes._lanes) - o) * f - s;
        return new(Vector512.Narrow(lower, upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> First(int count) =>
        Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
}

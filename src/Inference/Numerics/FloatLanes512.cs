using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SoftmaxService.Inference.Numerics;

internal readonly unsafe struct FloatLanes512(Vector512<float> lanes) : IFloatLanes<FloatLanes512, Vector512<double>>
{
    private readonly Vector512<float> _lanes = lanes;

    public Vector512<float> Lanes => _lanes;

    public static int Width => Vector512<float>.Count;

    public static int StepsPerOctave => 32;

    /// <summary>Chosen at random among sixty million, so that all 32 powers are within 0.44 · 2^-24 of a float.</summary>
    public static double LogOfPowers => 0.0032613734215741867;

    public static FloatLanes512 Powers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Table(Vector512<int>.Indices, Vector512.Create(
            0x3f804a29, 0x3f83194f, 0x3f85f835, 0x3f88e732, 0x3f8be6a1, 0x3f8ef6de, 0x3f921847, 0x3f954b3d,
            0x3f989021, 0x3f9be759, 0x3f9f514b, 0x3fa2ce60, 0x3fa65f03, 0x3faa03a2, 0x3fadbcad, 0x3fb18a97));
    }

    public static FloatLanes512 UpperPowers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Table(Vector512<int>.Indices + Vector512.Create(Vector512<int>.Count), Vector512.Create(
            0x3fb56dd4, 0x3fb966dc, 0x3fbd7629, 0x3fc19c38, 0x3fc5d989, 0x3fca2e9d, 0x3fce9bfb, 0x3fd3222a,
            0x3fd7c1b5, 0x3fdc7b2b, 0x3fe14f1d, 0x3fe63e1f, 0x3feb48c9, 0x3ff06fb6, 0x3ff5b385, 0x3ffb14d7));
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
    public static FloatLanes512 PowerOfStep(FloatLanes512 steps, FloatLanes512 powers, FloatLanes512 upperPowers)
    {
        var k = steps._lanes.AsInt32();
        return new((Avx512F.PermuteVar16x32x2(powers._lanes.AsInt32(), k, upperPowers._lanes.AsInt32()) + (k << 18)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 Exp2Quotient(FloatLanes512 r) =>
        new(Vector512.FusedMultiplyAdd(r._lanes, Vector512.Create(0.000234598017f), Vector512.Create(0.0216611847f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StorePastCache(float* destination) => _lanes.StoreAlignedNonTemporal(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 WhereEqual(FloatLanes512 left, FloatLanes512 right, FloatLanes512 chosen, FloatLanes512 other) =>
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
    public static Vector512<double> AddPositive(Vector512<double> sums, FloatLanes512 lanes) => sums + PositivePairs(lanes._lanes);

    /// <summary>
    /// Neighbours added, in double precision and times 2^-896: a float's bits, shifted to where a double has its own, are that float
    /// times 2^-896, for the two exponents' biases differ by 896. On some processors this takes half the time of a conversion.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> PositivePairs(Vector512<float> lanes)
    {
        var bits = lanes.AsUInt64();
        return (bits << 32 >> 3).AsDouble() + ((bits & Vector512.Create(0xffffffff00000000)) >> 3).AsDouble();
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
        sums + (Vector512.WidenLower(left._lanes) * Vector512.WidenLower(right._lanes) + Vector512.WidenUpper(left._lanes) * Vector512.WidenUpper(right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes512 DifferenceTimes(FloatLanes512 lanes, double origin, FloatLanes512 weights, double factor)
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

    /// <summary>What PowerOfStep adds for a step is taken off, the exponent's bias with it, and 64 octaves are laid on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FloatLanes512 Table(Vector512<int> steps, Vector512<int> powers) =>
        new((powers - Vector512.Create(0x3f800000 - (64 << 23)) - (steps << 18)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> First(int count) =>
        Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SoftmaxService.Numerics;

internal readonly unsafe struct FloatLanes128(Vector128<float> lanes) : IFloatLanes<FloatLanes128, Vector128<double>>
{
    private readonly Vector128<float> _lanes = lanes;

    public static int Width => Vector128<float>.Count;

    /// <summary>
    /// Whole octaves and a longer polynomial: a table of four entries is too short to pay off, and there is no fast
    /// portable lookup.
    /// </summary>
    public static int StepsPerOctave => 1;

    public static double LogOfPowers => 0;

    public static FloatLanes128 Powers => new(Vector128.Create(64 << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 Create(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 LoadFirst(float* source, int count, float rest) => new(Vector128.Create(
        source[0],
        count > 1 ? source[1] : rest,
        count > 2 ? source[2] : rest,
        count > 3 ? source[3] : rest));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreFirst(float* destination, int count)
    {
        destination[0] = _lanes[0];
        if (count > 1)
        {
            destination[1] = _lanes[1];
        }

        if (count > 2)
        {
            destination[2] = _lanes[2];
        }

        if (count > 3)
        {
            destination[3] = _lanes[3];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FloatLanes128 KeepFirst(int count) =>
        new(_lanes & Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 operator +(FloatLanes128 left, FloatLanes128 right) => new(left._lanes + right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 operator -(FloatLanes128 left, FloatLanes128 right) => new(left._lanes - right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 operator *(FloatLanes128 left, FloatLanes128 right) => new(left._lanes * right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 FusedMultiplyAdd(FloatLanes128 left, FloatLanes128 right, FloatLanes128 addend) =>
        new(Vector128.FusedMultiplyAdd(left._lanes, right._lanes, addend._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 Larger(FloatLanes128 left, FloatLanes128 right) =>
        new(Vector128.MaxNative(left._lanes, right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 LargerStep(FloatLanes128 left, FloatLanes128 right) =>
        new(Vector128.Max(left._lanes.AsInt32(), right._lanes.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyStepAbove(FloatLanes128 steps, FloatLanes128 bound) =>
        Vector128.GreaterThanAny(steps._lanes.AsInt32(), bound._lanes.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 Differences(FloatLanes128 seen, FloatLanes128 steps, FloatLanes128 first) =>
        new((seen._lanes.AsInt32() | (steps._lanes.AsInt32() ^ first._lanes.AsInt32())).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreBelow(FloatLanes128 bits, int bound) =>
        Vector128.LessThanAll(bits._lanes.AsUInt32(), Vector128.Create((uint)bound));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 PowerOfStep(FloatLanes128 steps, FloatLanes128 powers) =>
        new((powers._lanes.AsInt32() + (steps._lanes.AsInt32() << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 Exp2Quotient(FloatLanes128 r)
    {
        var q = Vector128.FusedMultiplyAdd(
            r._lanes, Vector128.Create(0.000158230687f), Vector128.Create(0.00134177704f));
        q = Vector128.FusedMultiplyAdd(q, r._lanes, Vector128.Create(0.00961706508f));
        q = Vector128.FusedMultiplyAdd(q, r._lanes, Vector128.Create(0.0555027276f));
        q = Vector128.FusedMultiplyAdd(q, r._lanes, Vector128.Create(0.240226552f));
        return new(Vector128.FusedMultiplyAdd(q, r._lanes, Vector128.Create(0.693147242f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StorePastCache(float* destination) => _lanes.StoreAlignedNonTemporal(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 WhereEqual(
        FloatLanes128 left, FloatLanes128 right, FloatLanes128 chosen, FloatLanes128 other) =>
        new(Vector128.ConditionalSelect(Vector128.Equals(left._lanes, right._lanes), chosen._lanes, other._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LargestLane(FloatLanes128 lanes)
    {
        var pairs = Vector128.MaxNative(lanes._lanes, Vector128.Shuffle(lanes._lanes, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Add(Vector128<double> sums, FloatLanes128 lanes) =>
        sums + (Vector128.WidenLower(lanes._lanes) + Vector128.WidenUpper(lanes._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Total(Vector128<double> sums) => Vector128.Sum(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> AddPositive(Vector128<double> sums, FloatLanes128 lanes) => Add(sums, lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double TotalOfPositive(Vector128<double> sums) => Total(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> AddProducts(Vector128<double> sums, FloatLanes128 left, FloatLanes128 right) =>
        sums
        + (Vector128.WidenLower(left._lanes) * Vector128.WidenLower(right._lanes)
            + Vector128.WidenUpper(left._lanes) * Vector128.WidenUpper(right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 DifferenceTimes(
        FloatLanes128 lanes, double origin, FloatLanes128 weights, double factor)
    {
        var (o, f) = (Vector128.Create(origin), Vector128.Create(factor));
        var lower = (Vector128.WidenLower(lanes._lanes) - o) * Vector128.WidenLower(weights._lanes) * f;
        var upper = (Vector128.WidenUpper(lanes._lanes) - o) * Vector128.WidenUpper(weights._lanes) * f;
        return new(Vector128.Narrow(lower, upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FloatLanes128 TransformInDouble(FloatLanes128 lanes, double origin, double factor, double offset)
    {
        var (o, f, s) = (Vector128.Create(origin), Vector128.Create(factor), Vector128.Create(offset));
        var lower = (Vector128.WidenLower(lanes._lanes) - o) * f - s;
        var upper = (Vector128.WidenUpper(lanes._lanes) - o) * f - s;
        return new(Vector128.Narrow(lower, upper));
    }
}

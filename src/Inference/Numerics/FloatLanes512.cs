using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SoftmaxService.Inference.Numerics;

internal readonly unsafe struct FloatLanes512(Vector512<float> lanes) : IFloatLanes<FloatLanes512, Vector512<double>>
{
    private readonly Vector512<float> _lanes = lanes;

    public static int Width => Vector512<float>.Count;

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
    public static FloatLanes512 PowerOfTwo(FloatLanes512 biasedExponent) =>
        new((biasedExponent._lanes.AsInt32() << 23).AsSingle());

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

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Exponential = SoftmaxService.Inference.Numerics.RowExponential<
    SoftmaxService.Inference.Numerics.FloatLanes512, System.Runtime.Intrinsics.Vector512<double>>;

namespace SoftmaxService.Inference.Numerics;

/// <summary>
/// Rows of at most 16 classes: one alone in a single vector, or 16 in as many vectors as there are classes, none with an empty lane.
/// </summary>
/// <remarks>
/// (1)  Where |z·c| &lt; 63 throughout no shift is needed, so no maximum either: exponentials are elementwise, and one check of range
///      serves all. Rows beyond it are left to the general kernel, each by itself; packed or alone, a row passes the same check.
/// (2)  Sums are the same tree in both forms, in double: class i and i + 8, then i + 4, i + 2, i + 1.
/// (3)  So the bits of a row are the same in both forms.
/// </remarks>
internal static unsafe class SmallRows512
{
    public const int RowsTogether = 16;
    private const int Half = 8;

    /// <summary>Computes one row, or answers false and leaves it as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCompute(float* logits, float* probabilities, int classCount, in TemperatureScale scale)
    {
        var inRow = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(classCount)).AsSingle();
        var exponential = new Exponential(scale);
        var row = Avx512F.MaskLoad(logits, inRow, Vector512<float>.Zero);
        var values = exponential.OfInRange(new(row), out var steps).Lanes;
        if (!Exponential.NeedNoShift(FloatLanes512.Differences(default, steps, Exponential.FirstStep)) || !scale.FitsFloat)
            return false;

        values &= inRow;
        var eight = Vector512.WidenLower(values) + Vector512.WidenUpper(values);
        var four = eight.GetLower() + eight.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        var inverse = Vector128<double>.One / (two + Vector128.Shuffle(two, Vector128.Create(1, 0)));
        var high = Vector128.Narrow(inverse, inverse);
        var rest = inverse - Vector128.WidenLower(high);
        var low = Vector128.Narrow(rest, rest);
        Avx512F.MaskStore(probabilities, inRow, Scale(values, Avx512F.BroadcastScalarToVector512(high), Avx512F.BroadcastScalarToVector512(low)));
        return true;
    }

    /// <summary>Computes groups of 16 rows, and answers how many rows that were.</summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    public static int ComputeGroups(float* logits, float* probabilities, int rowCount, int classCount, in TemperatureScale scale)
    {
        if (rowCount < RowsTogether)
            return 0;

        // The row of every lane of every vector of a group.
        var rowOfLane = stackalloc int[RowsTogether * RowsTogether];
        for (var i = 0; i < classCount; i++)
        {
            var lane = Vector512<int>.Indices + Vector512.Create(i * RowsTogether);
            (lane * Vector512.Create(65536 / classCount + 1) >> 16).Store(rowOfLane + i * RowsTogether);
        }

        // Half a row may be read beyond the last, and is masked.
        var exponentials = stackalloc float[RowsTogether * RowsTogether + Half];
        var exponential = new Exponential(scale);
        var row = 0;
        for (; row <= rowCount - RowsTogether; row += RowsTogether)
        {
            var source = logits + row * (nint)classCount;
            var destination = probabilities + row * (nint)classCount;
            if (!TryStoreExponentials(source, exponentials, classCount, exponential))
            {
                for (var i = 0; i < RowsTogether; i++)
                    VectorKernel<FloatLanes512, Vector512<double>>.Compute(source + i * classCount, destination + i * classCount, classCount, scale);
                continue;
            }

            var (high, low) = Inverses(exponentials, classCount);
            for (var i = 0; i < classCount * RowsTogether; i += RowsTogether)
            {
                var rows = Vector512.Load(rowOfLane + i);
                var values = Vector512.Load(exponentials + i);
                Scale(values, Avx512F.PermuteVar16x32(high, rows), Avx512F.PermuteVar16x32(low, rows)).Store(destination + i);
            }
        }

        return row;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryStoreExponentials(float* logits, float* exponentials, int classCount, in Exponential exponential)
    {
        var differences = default(FloatLanes512);
        for (var i = 0; i < classCount * RowsTogether; i += RowsTogether)
        {
            exponential.OfInRange(FloatLanes512.Load(logits + i), out var steps).Store(exponentials + i);
            differences = FloatLanes512.Differences(differences, steps, Exponential.FirstStep);
        }

        return Exponential.NeedNoShift(differences);
    }

    /// <summary>One over the sum of each of 16 rows, split in two floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> High, Vector512<float> Low) Inverses(float* exponentials, int classCount)
    {
        var first = Vector512<double>.One / SumsOfEight(exponentials, classCount);
        var second = Vector512<double>.One / SumsOfEight(exponentials + Half * classCount, classCount);
        var high = Vector512.Narrow(first, second);
        var low = Vector512.Narrow(first - Vector512.WidenLower(high), second - Vector512.WidenUpper(high));
        return (high, low);
    }

    /// <summary>Eight rows' sums at once: every step adds halves and lays the sums of two vectors side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SumsOfEight(float* rows, int classCount)
    {
        var lower = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(classCount)).AsSingle();
        var upper = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(classCount - Half)).AsSingle();

        // In this order the last step leaves the rows in theirs.
        var even = SumsOfFour(rows, 2 * classCount, lower, upper);
        var odd = SumsOfFour(rows + classCount, 2 * classCount, lower, upper);
        return Avx512F.UnpackLow(even, odd) + Avx512F.UnpackHigh(even, odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SumsOfFour(float* rows, int stride, Vector256<float> lower, Vector256<float> upper)
    {
        var first = AddHalves(EightSums(rows, lower, upper), EightSums(rows + stride, lower, upper));
        var second = AddHalves(EightSums(rows + 2 * stride, lower, upper), EightSums(rows + 3 * stride, lower, upper));
        return Avx512F.Shuffle4x128(first, second, 0b10_00_10_00) + Avx512F.Shuffle4x128(first, second, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> AddHalves(Vector512<double> left, Vector512<double> right) =>
        Avx512F.Shuffle4x128(left, right, 0b01_00_01_00) + Avx512F.Shuffle4x128(left, right, 0b11_10_11_10);

    /// <summary>Classes i and i + 8 of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> EightSums(float* row, Vector256<float> lower, Vector256<float> upper) =>
        Avx512F.ConvertToVector512Double(Vector256.Load(row) & lower)
        + Avx512F.ConvertToVector512Double(Vector256.Load(row + Half) & upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(Vector512<float> values, Vector512<float> high, Vector512<float> low) =>
        Vector512.FusedMultiplyAdd(values, high, values * low);
}

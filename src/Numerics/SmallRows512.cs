using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Exponential = SoftmaxService.Numerics.RowExponential<
    SoftmaxService.Numerics.FloatLanes512, System.Runtime.Intrinsics.Vector512<double>>;

namespace SoftmaxService.Numerics;

/// <summary>
/// Rows of at most 16 classes that need no shift: a single row in one vector, or 16 rows in as many vectors as there
/// are classes, without an empty lane.
/// </summary>
/// <remarks>
/// (1)  Without a shift there is no maximum either: exponentials are elementwise, and one check serves all rows. Rows
///      that need a shift are left to the general kernel, one by one. Packed or alone, a row passes the same check.
/// (2)  Sums are the same tree in both forms: classes i and i + 8 in float, then neighbours, pairs and halves in
///      double. One rounding in float is at most 2^-24 of the sum, as in larger rows.
/// (3)  So a row has the same bits in both forms.
/// </remarks>
internal static unsafe class SmallRows512
{
    public const int RowsTogether = 16;
    private const int Half = 8;
    private const int GroupsTogether = 8;
    private const double UnitOfSums = 1.8928834978668395e-270; // 2^-896

    /// <summary>Computes one row, or returns false and leaves it unchanged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCompute(float* logits, float* probabilities, int classCount, in TemperatureScale scale)
    {
        var inRow = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(classCount)).AsSingle();
        var exponential = new Exponential(scale);
        var row = Avx512F.MaskLoad(logits, inRow, Vector512<float>.Zero);
        var values = exponential.OfInRange(new(row), out var steps).Lanes;
        var differences = FloatLanes512.Differences(default, steps, Exponential.FirstStep);
        if (!Exponential.AreUnshifted(differences) || !scale.FitsFloat)
        {
            return false;
        }

        values &= inRow;
        var eight = values.GetLower() + values.GetUpper();
        var four = FloatLanes512.PositivePairs(eight.ToVector512()).GetLower();
        var two = Avx.UnpackLow(four, four) + Avx.UnpackHigh(four, four);
        var inverse = Vector128.Create(UnitOfSums) / (two.GetLower() + two.GetUpper());
        var high = Vector128.Narrow(inverse, inverse);
        var rest = inverse - Vector128.WidenLower(high);
        var low = Vector128.Narrow(rest, rest);
        var scaled = Scale(
            values, Avx512F.BroadcastScalarToVector512(high), Avx512F.BroadcastScalarToVector512(low));
        Avx512F.MaskStore(probabilities, inRow, scaled);
        return true;
    }

    /// <summary>Computes groups of 16 rows, and returns how many rows that were.</summary>
    [SkipLocalsInit, MethodImpl(KernelMethod.Options)]
    public static int ComputeGroups(
        float* logits, float* probabilities, int rowCount, int classCount, in TemperatureScale scale)
    {
        if (rowCount < RowsTogether)
        {
            return 0;
        }

        // To which row each lane of each vector of a group belongs.
        var rowOfLane = stackalloc int[RowsTogether * RowsTogether];
        for (var i = 0; i < classCount; i++)
        {
            var lane = Vector512<int>.Indices + Vector512.Create(i * RowsTogether);
            (lane * Vector512.Create(65536 / classCount + 1) >> 16).Store(rowOfLane + i * RowsTogether);
        }

        // Half a row may be read beyond the last one, and is masked.
        var memory = stackalloc float[GroupsTogether * RowsTogether * RowsTogether + Half + PageOffset.Span];
        var inverses = stackalloc float[GroupsTogether * 2 * RowsTogether];
        var exponential = new Exponential(scale);
        var groupLength = RowsTogether * (nint)classCount;
        var groupCount = rowCount / RowsTogether;
        for (var group = 0; group < groupCount; group += GroupsTogether)
        {
            var source = logits + group * groupLength;
            var destination = probabilities + group * groupLength;
            var exponentials = PageOffset.HalfAway(memory, destination);
            var length = Math.Min(GroupsTogether, groupCount - group) * groupLength;
            if (!TryStoreExponentials(source, exponentials, length, exponential))
            {
                for (nint i = 0; i < length; i += classCount)
                {
                    VectorKernel<FloatLanes512, Vector512<double>>.Compute(
                        source + i, destination + i, classCount, scale);
                }

                continue;
            }

            // Two loops, so that no group's products wait for its own division.
            var inverse = inverses;
            for (nint start = 0; start < length; start += groupLength, inverse += 2 * RowsTogether)
            {
                var (high, low) = Inverses(exponentials + start, classCount);
                high.Store(inverse);
                low.Store(inverse + RowsTogether);
            }

            inverse = inverses;
            for (nint start = 0; start < length; start += groupLength, inverse += 2 * RowsTogether)
            {
                var high = Vector512.Load(inverse);
                var low = Vector512.Load(inverse + RowsTogether);
                for (var i = start; i < start + groupLength; i += RowsTogether)
                {
                    var rows = Vector512.Load(rowOfLane + i - start);
                    var highs = Avx512F.PermuteVar16x32(high, rows);
                    var lows = Avx512F.PermuteVar16x32(low, rows);
                    Scale(Vector512.Load(exponentials + i), highs, lows).Store(destination + i);
                }
            }
        }

        return groupCount * RowsTogether;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryStoreExponentials(
        float* logits, float* exponentials, nint length, in Exponential exponential)
    {
        var differences = default(FloatLanes512);
        for (nint i = 0; i < length; i += RowsTogether)
        {
            exponential.OfInRange(FloatLanes512.Load(logits + i), out var steps).Store(exponentials + i);
            differences = FloatLanes512.Differences(differences, steps, Exponential.FirstStep);
        }

        return Exponential.AreUnshifted(differences);
    }

    /// <summary>The reciprocal sums of 16 rows, each split into two floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> High, Vector512<float> Low) Inverses(float* exponentials, int classCount)
    {
        var lower = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(classCount)).AsSingle();
        var upper = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(classCount - Half)).AsSingle();
        var first = Vector512.Create(UnitOfSums) / SumsOfEight(exponentials, classCount, lower, upper);
        var second = Vector512.Create(UnitOfSums)
            / SumsOfEight(exponentials + Half * classCount, classCount, lower, upper);
        var high = Vector512.Narrow(first, second);
        var low = Vector512.Narrow(first - Vector512.WidenLower(high), second - Vector512.WidenUpper(high));
        return (high, low);
    }

    /// <summary>
    /// The sums of eight rows at once: each step adds halves and puts the sums of two vectors side by side.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SumsOfEight(
        float* rows, int classCount, Vector256<float> lower, Vector256<float> upper)
    {
        // With the operands in this order, the last step leaves the rows in theirs.
        var first = SumsOfFour(rows, classCount, lower, upper);
        var second = SumsOfFour(rows + 4 * classCount, classCount, lower, upper);
        return Avx512F.Shuffle4x128(first, second, 0b10_00_10_00) + Avx512F.Shuffle4x128(first, second, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SumsOfFour(
        float* rows, int classCount, Vector256<float> lower, Vector256<float> upper)
    {
        var even = SumsOfTwo(rows, rows + 2 * classCount, lower, upper);
        var odd = SumsOfTwo(rows + classCount, rows + 3 * classCount, lower, upper);
        return Avx512F.UnpackLow(even, odd) + Avx512F.UnpackHigh(even, odd);
    }

    /// <summary>The sums of neighbouring classes of two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SumsOfTwo(
        float* first, float* second, Vector256<float> lower, Vector256<float> upper) =>
        FloatLanes512.PositivePairs(
            Folded(first, lower, upper).ToVector512Unsafe().WithUpper(Folded(second, lower, upper)));

    /// <summary>The sums of classes i and i + 8 of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Folded(float* row, Vector256<float> lower, Vector256<float> upper) =>
        (Vector256.Load(row) & lower) + (Vector256.Load(row + Half) & upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(Vector512<float> values, Vector512<float> high, Vector512<float> low) =>
        Vector512.FusedMultiplyAdd(values, high, values * low);
}

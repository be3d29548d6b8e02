using CsCheck;

namespace SoftmaxService.Numerics.Tests;

/// <summary>Properties of every row on every instruction set; a failing row is shrunk to a small one.</summary>
public sealed class SoftmaxPropertyTests
{
    private const int Iterations = 2000;
    private const string Seed = "0000KOIPe036"; // fixed, so that a failure is reproducible

    private static readonly Gen<float> Temperature = Gen.Double[-2, 2].Select(exponent =>
        (float)Math.Pow(10, exponent));
    private static readonly Gen<float[]> Row = Gen.OneOf(
        Gen.Float[-10, 10], Gen.Float[-1000, 1000], Gen.Float[-1e-3f, 1e-3f]).Array[1, 70];

    // Late maxima far above the first 64 logits, for which the estimate of the shift fails.
    private static readonly Gen<float[]> RisingRow = Gen.Float[-10, 10].Array[65, 200].Select(row =>
        Raise(row, 64, 300));
    private static readonly Gen<float[]> AnyRow = Gen.OneOf(Row, RisingRow);

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_AnyRow_SumsToOne(string path) => Check(AnyRow, (row, temperature) =>
        Math.Abs(ForcedKernel.Compute(path, row, temperature).Sum(p => (double)p) - 1) <= 1.3e-7);

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_AnyRow_IsWithinItsUlps(string path) => Check(AnyRow, (row, temperature) =>
        ReferenceSoftmax.LargestUlps(
            ForcedKernel.Compute(path, row, temperature), ReferenceSoftmax.Probabilities(row, temperature)) <= 4);

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_ShiftedRow_IsTheSameWithinUlps(string path) =>
        // On a grid of 1/64, a shift by a multiple of 1/64 is exact.
        Check(Gen.Int[-640, 640].Array[1, 70].Select(row => row.Select(z => z / 64f).ToArray()), (row, temperature) =>
            AreClose(
                ForcedKernel.Compute(path, row, temperature),
                ForcedKernel.Compute(path, [.. row.Select(z => z + 1234.5f)], temperature)));

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_PermutedRow_IsPermutedWithinUlps(string path) => Check(AnyRow, (row, temperature) =>
    {
        var order = Enumerable.Range(0, row.Length).ToArray();
        new Random(row.Length).Shuffle(order);
        var permuted = ForcedKernel.Compute(path, [.. order.Select(i => row[i])], temperature);
        var probabilities = ForcedKernel.Compute(path, row, temperature);
        return AreClose([.. order.Select(i => probabilities[i])], permuted);
    });

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_HigherLogit_NeverHasALowerProbability(string path) => Check(AnyRow, (row, temperature) =>
    {
        // Up to one or two ULP, because each step of the table is rounded.
        var probabilities = ForcedKernel.Compute(path, row, temperature);
        var sorted = row.Zip(probabilities).OrderBy(pair => pair.First).Select(pair => pair.Second).ToArray();
        return sorted.Zip(sorted.Skip(1)).All(pair => pair.Second >= pair.First * (1 - Math.ScaleB(1, -21)));
    });

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_RaisedLogit_RaisesItsProbability(string path) => Check(AnyRow, (row, temperature) =>
    {
        var before = ForcedKernel.Compute(path, row, temperature)[0];
        row[0] += 0.5f + Math.Abs(row[0]) * 1e-3f;
        return ForcedKernel.Compute(path, row, temperature)[0] >= before * (1 - 1e-6);
    });

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_AnyTemperature_KeepsTheArgmax(string path) => Check(AnyRow, (row, temperature) =>
    {
        var probabilities = ForcedKernel.Compute(path, row, temperature);
        return probabilities[Array.IndexOf(row, row.Max())] >= probabilities.Max() * (1 - Math.ScaleB(1, -21));
    });

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_AtATemperature_IsTheDividedRowAtOne(string path) =>
        // Division by a power of two is exact.
        Gen.Select(AnyRow, Gen.Int[-3, 6]).Sample(
            (row, exponent) =>
            {
                var temperature = (float)Math.ScaleB(1, exponent);
                return AreClose(
                    ForcedKernel.Compute(path, row, temperature),
                    ForcedKernel.Compute(path, [.. row.Select(z => z / temperature)], 1));
            },
            seed: Seed, iter: Iterations, threads: 1);

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_InPlace_IsOutOfPlaceBitForBit(string path) => Check(AnyRow, (row, temperature) =>
    {
        var outOfPlace = ForcedKernel.Compute(path, row, temperature);
        ForcedKernel.Compute(path, row, row, temperature);
        return HaveSameBits(outOfPlace, row);
    });

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void ComputeRows_AnyNeighboursAndAnyNumberOfThem_LeaveARowAsItIsAlone(string path) =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 36], Gen.Int[0, int.MaxValue], Temperature).Sample(
            (classCount, rowCount, seed, temperature) =>
            {
                var random = new Random(seed);
                var logits = LogitSets.Uniform(random, rowCount * classCount, -30, 30);
                if (random.Next(3) == 0)
                {
                    logits[random.Next(logits.Length)] = random.Next(2) == 0 ? float.NegativeInfinity : 1e4f;
                }

                var together = ForcedKernel.Compute(path, logits, temperature, classCount);
                var inPlace = logits.ToArray();
                ForcedKernel.Compute(path, inPlace, inPlace, temperature, classCount);
                return HaveSameBits(together, inPlace) && Enumerable.Range(0, rowCount).All(row => HaveSameBits(
                    ForcedKernel.Compute(path, logits[(row * classCount)..((row + 1) * classCount)], temperature),
                    together.AsSpan(row * classCount, classCount)));
            },
            seed: Seed, iter: Iterations, threads: 1);

    private static void Check(Gen<float[]> rows, Func<float[], float, bool> holds) =>
        Gen.Select(rows, Temperature).Sample(
            (row, temperature) => holds([.. row], temperature), seed: Seed, iter: Iterations, threads: 1);

    private static float[] Raise(float[] row, int from, float by)
    {
        for (var i = from; i < row.Length; i++)
        {
            row[i] += by * i / row.Length;
        }

        return row;
    }

    private static bool AreClose(float[] expected, float[] actual) =>
        expected.Zip(actual).All(pair =>
            Math.Abs(pair.First - pair.Second) <= pair.First * Math.ScaleB(1, -20) + 8 * float.Epsilon);

    private static bool HaveSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(expected).SequenceEqual(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(actual));
}

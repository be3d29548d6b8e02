namespace SoftmaxService.Numerics.Tests;

public sealed class SoftmaxLengthTests
{
    private const int Margin = 40;
    private const float Untouched = 123.5f;

    private static readonly int[] Lengths =
        [.. Enumerable.Range(1, 300), 511, 512, 513, 1000, 1001, 4095, 4096, 4097, 32000, 128256, 1_000_000];

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_EveryLength_ReadsAndWritesItsRowOnly(string path)
    {
        foreach (var length in Lengths)
        {
            // Reading the NaN around the logits would make the row NaN; the numbers around the destination reveal a
            // write.
            var (source, logits) = Surrounded(length, float.NaN);
            LogitSets.Uniform(new Random(length), length, -10, 10).CopyTo(logits.AsSpan());
            var (destination, probabilities) = Surrounded(length, Untouched);

            ForcedKernel.Compute(path, logits, probabilities, 0.8f);

            var expected = ReferenceSoftmax.Probabilities(logits, 0.8f);
            Assert.InRange(ReferenceSoftmax.LargestUlps(probabilities, expected), 0, 4);
            AssertMarginsUntouched(destination);

            ForcedKernel.Compute(path, logits, logits, 0.8f);
            Assert.Equal(probabilities, logits);
            Assert.True(source[..Margin].All(float.IsNaN) && source[^Margin..].All(float.IsNaN));
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void ComputeLog_EveryLength_ReadsAndWritesItsRowOnly(string path)
    {
        foreach (var length in Lengths)
        {
            var (source, logits) = Surrounded(length, float.NaN);
            LogitSets.Uniform(new Random(length), length, -10, 10).CopyTo(logits.AsSpan());
            var (destination, logProbabilities) = Surrounded(length, Untouched);

            ForcedKernel.ComputeLog(path, logits, logProbabilities, 0.8f);

            var expected = ReferenceSoftmax.LogProbabilities(logits, 0.8f);
            Assert.InRange(ReferenceSoftmax.LargestUlps(logProbabilities, expected), 0, 2);
            AssertMarginsUntouched(destination);

            ForcedKernel.ComputeLog(path, logits, logits, 0.8f);
            Assert.Equal(logProbabilities, logits);
            Assert.True(source[..Margin].All(float.IsNaN) && source[^Margin..].All(float.IsNaN));
        }
    }

    /// <summary>The last block of such a row may be shorter than the distance to the next aligned address.</summary>
    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_RowLargerThanTheCacheWithAShortLastBlock_EndsWhereItEnds(string path)
    {
        const int Offsets = 16;
        foreach (var length in new[] { (1 << 22) + 1, (1 << 22) + 9 })
        {
            var logits = new float[length];
            var memory = new float[length + 2 * Offsets];
            for (var offset = 1; offset <= Offsets; offset++)
            {
                memory.AsSpan().Fill(Untouched);
                ForcedKernel.Compute(path, logits, memory.AsSpan(offset, length), 1);
                Assert.Equal(-1, memory.AsSpan(0, offset).IndexOfAnyExcept(Untouched));
                Assert.Equal(-1, memory.AsSpan(offset + length).IndexOfAnyExcept(Untouched));
                Assert.Equal(memory[offset], memory[offset + length - 1]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void LogSumExp_EveryLength_ReadsItsRowOnly(string path)
    {
        foreach (var length in Lengths)
        {
            var (_, logits) = Surrounded(length, float.NaN);
            LogitSets.Uniform(new Random(length), length, -10, 10).CopyTo(logits.AsSpan());
            Assert.Equal(ReferenceSoftmax.LogSumExp(logits, 0.8f), ForcedKernel.LogSumExp(path, logits, 0.8f), 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_MaximumAtEveryPosition_IsFound(string path)
    {
        for (var length = 1; length <= 130; length++)
        {
            for (var position = 0; position < length; position++)
            {
                var logits = new float[length];
                logits[position] = 1000;
                var probabilities = ForcedKernel.Compute(path, logits, 1);
                Assert.Equal(1f, probabilities[position]);
                Assert.Equal(length - 1, probabilities.Count(p => p == 0));
                Assert.Equal(0f, ForcedKernel.ComputeLog(path, logits, 1)[position]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_NaNAtEveryPosition_SpoilsTheWholeRow(string path)
    {
        for (var length = 1; length <= 130; length++)
        {
            for (var position = 0; position < length; position++)
            {
                var logits = LogitSets.Uniform(new Random(length), length, -10, 10);
                logits[position] = float.NaN;
                Assert.True(ForcedKernel.Compute(path, logits, 1).All(float.IsNaN));
                Assert.True(ForcedKernel.ComputeLog(path, logits, 1).All(float.IsNaN));
                Assert.True(float.IsNaN(ForcedKernel.LogSumExp(path, logits, 1)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void Compute_RowLargerThanTheCache_IsTheSameInPlaceAndAtAnyAlignment(string path)
    {
        const int Length = (1 << 22) + 5;
        var logits = LogitSets.Uniform(new Random(67), Length, -10, 10);
        logits[^3] = 60; // far above the estimate from the start of the row
        var (memory, inPlace) = (new float[Length + 2 * Margin], logits.ToArray());
        Array.Fill(memory, Untouched);
        ForcedKernel.Compute(path, inPlace, inPlace, 0.8f);
        for (var offset = 0; offset < 3; offset++)
        {
            ForcedKernel.Compute(path, logits, memory.AsSpan(Margin + offset, Length), 0.8f);
            Assert.True(inPlace.AsSpan().SequenceEqual(memory.AsSpan(Margin + offset, Length)));
        }

        AssertMarginsUntouched([.. memory[..Margin], .. memory[(Margin + 2 + Length)..], .. memory[..2]]);
        Assert.Equal(1.0, inPlace.Sum(p => (double)p), 1.3e-7);
    }

    private static (float[] Memory, ArraySegment<float> Row) Surrounded(int length, float value)
    {
        var memory = new float[Margin + length + Margin];
        Array.Fill(memory, value);
        return (memory, new ArraySegment<float>(memory, Margin, length));
    }

    private static void AssertMarginsUntouched(float[] memory)
    {
        Assert.All(memory[..Margin], value => Assert.Equal(Untouched, value));
        Assert.All(memory[^Margin..], value => Assert.Equal(Untouched, value));
    }
}

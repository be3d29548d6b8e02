namespace SoftmaxService.Numerics.Tests;

public sealed class SoftmaxGuardPageTests
{
    private const int LongestRow = 300;

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void EveryOperation_RowsAtEitherEndOfMemory_TouchNothingBeyond(string path)
    {
        using var source = new GuardedMemory(LongestRow);
        using var upstream = new GuardedMemory(LongestRow);
        using var destination = new GuardedMemory(LongestRow);
        for (var length = 1; length <= LongestRow; length++)
        {
            Run(path, source.First(length), upstream.First(length), destination.First(length));
            Run(path, source.Last(length), upstream.Last(length), destination.Last(length));
        }
    }

    [Theory]
    [MemberData(nameof(ForcedKernel.Paths), MemberType = typeof(ForcedKernel))]
    public void ComputeRows_SmallRowsTogetherAtEitherEndOfMemory_TouchNothingBeyond(string path)
    {
        const int RowCount = 35;
        using var source = new GuardedMemory(RowCount * 20);
        using var destination = new GuardedMemory(RowCount * 20);
        for (var classCount = 1; classCount <= 20; classCount++)
        {
            for (var rowCount = 15; rowCount <= RowCount; rowCount++)
            {
                var count = rowCount * classCount;
                LogitSets.Uniform(new Random(count), count, -5, 5).CopyTo(source.First(count));
                ForcedKernel.Compute(path, source.First(count), destination.First(count), 0.7f, classCount);
                var atTheStart = destination.First(count).ToArray();
                LogitSets.Uniform(new Random(count), count, -5, 5).CopyTo(source.Last(count));
                ForcedKernel.Compute(path, source.Last(count), destination.Last(count), 0.7f, classCount);
                Assert.Equal(atTheStart, destination.Last(count));
            }
        }
    }

    [Fact]
    public void EveryOperation_NoLength_IsRejected()
    {
        Assert.Throws<ArgumentException>(() => Softmax.Compute([], []));
        Assert.Throws<ArgumentException>(() => Softmax.ComputeLog([], []));
        Assert.Throws<ArgumentException>(() => Softmax.LogSumExp([]));
        Assert.Throws<ArgumentException>(() => Softmax.Gradient([], [], []));
        Assert.Throws<ArgumentException>(() => Softmax.CrossEntropy([], 0, []));
    }

    private static void Run(string path, Span<float> logits, Span<float> upstream, Span<float> destination)
    {
        LogitSets.Uniform(new Random(logits.Length), logits.Length, -10, 10).CopyTo(logits);
        logits.CopyTo(upstream);
        ForcedKernel.Compute(path, logits, destination, 0.7f);
        Assert.Equal(1.0, Sum(destination), 1.3e-7);
        ForcedKernel.ComputeLog(path, logits, destination, 0.7f);
        ForcedKernel.Gradient(path, logits, upstream, destination, 0.7f);
        ForcedKernel.CrossEntropy(path, logits, logits.Length - 1, destination, 0.7f);
        Assert.Equal(0.0, Sum(destination), 1e-6);
        Assert.True(float.IsFinite(ForcedKernel.LogSumExp(path, logits, 0.7f)));
        ForcedKernel.Compute(path, logits, logits, 0.7f);
        Assert.Equal(1.0, Sum(logits), 1.3e-7);
    }

    private static double Sum(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }
}

using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class AdmissionTests
{
    [Fact]
    public void TryEnter_UpToTheLimit_LetsIn()
    {
        var admission = new Admission(3);

        Assert.True(admission.TryEnter(1));
        Assert.True(admission.TryEnter(2));
        Assert.False(admission.TryEnter(1));
        Assert.Equal(3, admission.Items);

        admission.Leave(2);
        Assert.False(admission.TryEnter(3));
        Assert.True(admission.TryEnter(2));
    }

    [Fact]
    public void TryEnter_MoreThanTheLimitAlone_LetsInAndNothingElse()
    {
        var admission = new Admission(3);

        Assert.True(admission.TryEnter(10));
        Assert.False(admission.TryEnter(1));

        admission.Leave(10);
        Assert.True(admission.TryEnter(1));
        Assert.False(admission.TryEnter(10));
    }

    [Fact]
    public void TryEnter_FromManyThreads_NeverExceedsTheLimit()
    {
        var admission = new Admission(5);
        var most = 0;
        Parallel.For(0, 100_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            if (admission.TryEnter(2))
            {
                InterlockedMax(ref most, admission.Items);
                admission.Leave(2);
            }
        });

        Assert.Equal(0, admission.Items);
        Assert.InRange(most, 2, 5);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}

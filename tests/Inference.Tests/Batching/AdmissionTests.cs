using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Tests.Batching;

public sealed class AdmissionTests
{
    [Fact]
    public void Enter_UpToTheLimit_LetsIn()
    {
        var admission = Of(limit: 3);

        var first = admission.Enter(1);
        var second = admission.Enter(2);
        AssertRejected(admission, 1);
        Assert.Equal(3, admission.Items);

        second.Dispose();
        AssertRejected(admission, 3);
        admission.Enter(2).Dispose();
        first.Dispose();
        Assert.Equal(0, admission.Items);
    }

    [Fact]
    public void Enter_MoreThanTheLimitWhenIdle_IsAdmittedAlone()
    {
        var admission = Of(limit: 3);

        var large = admission.Enter(10);
        AssertRejected(admission, 1);

        large.Dispose();
        using var small = admission.Enter(1);
        AssertRejected(admission, 10);
    }

    [Fact]
    public void Enter_FromManyThreads_NeverExceedsTheLimit()
    {
        var admission = Of(limit: 5);
        var most = 0;
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            try
            {
                using var pending = admission.Enter(2);
                InterlockedMax(ref most, admission.Items);
            }
            catch (InferenceException)
            {
                // One request too many.
            }
        });

        Assert.Equal(0, admission.Items);
        Assert.InRange(most, 2, 5);
    }

    private static Admission Of(int limit) => new("model", "1", limit);

    private static void AssertRejected(Admission admission, int items)
    {
        var fault = Assert.Throws<InferenceException>(() => admission.Enter(items));

        Assert.Equal(InferenceError.Overloaded, fault.Error);
        Assert.Contains("model/1", fault.Message, StringComparison.Ordinal);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}

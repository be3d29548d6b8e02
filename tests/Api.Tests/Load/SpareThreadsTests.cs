using SoftmaxService.Api.Load;

namespace SoftmaxService.Api.Tests.Load;

public sealed class SpareThreadsTests
{
    [Fact]
    public void MoreThreadsThanCoresStartAtOnce()
    {
        ThreadPool.GetMinThreads(out _, out var completions);
        ThreadPool.SetMinThreads(Environment.ProcessorCount, completions);
        using var service = new RunningService();
        _ = service.Services; // starts it

        ThreadPool.GetMinThreads(out var workers, out _);
        Assert.True(workers >= Environment.ProcessorCount + 2, $"{workers} threads");
    }

    [Fact]
    public void ASettingOfTheRuntimeForMoreIsKept()
    {
        ThreadPool.GetMinThreads(out var before, out var completions);
        ThreadPool.SetMinThreads(Environment.ProcessorCount + 7, completions);
        try
        {
            SpareThreads.Reserve();

            ThreadPool.GetMinThreads(out var workers, out _);
            Assert.Equal(Environment.ProcessorCount + 7, workers);
        }
        finally
        {
            ThreadPool.SetMinThreads(before, completions);
        }
    }
}

using SoftmaxService.Api.Load;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>When it is tried to give memory back, for what is resident in each period.</summary>
public sealed class MemoryReturnScheduleTests
{
    private const long Least = 100 << 20;
    private const long Held = 200 << 20;
    private const int Ever = 1000;

    private readonly MemoryReturnSchedule _schedule = new(Least);

    [Fact]
    public void ALittleIsNotWorthATry() => Assert.Empty(Tries(Least + MemoryReturnSchedule.WorthwhileBytes, Ever));

    [Fact]
    public void WhatStaysIsTriedEverMoreSeldomAndThenLeft() =>
        Assert.Equal([1, 2, 3, 4, 5, 7, 11, 19, 35, 67], Tries(Held, Ever));

    [Fact]
    public void WhatIsFreedAfterSeveralTriesComesBack()
    {
        Assert.Equal([1, 2, 3, 4, 5, 7, 11], Tries(Held, 12));
        Assert.NotEmpty(Tries(Held, 8));
    }

    [Fact]
    public void AnotherBurstIsTriedAtOnce()
    {
        Tries(Held, 12);
        Assert.Equal([1, 2, 3, 4, 5, 7], Tries(2 * Held, 8));
    }

    [Fact]
    public void AnotherBurstAfterWhatStaysIsTriedAtOnce()
    {
        Tries(Held, Ever);
        Assert.Equal([1, 2, 3, 4, 5, 7], Tries(2 * Held, 8));
    }

    [Fact]
    public void ABurstAfterTheLastCameBackIsTriedAtOnce()
    {
        Tries(Held, 4);
        Assert.Empty(Tries(Least, 3));
        Assert.Equal([1, 2, 3], Tries(Held, 3));
    }

    /// <summary>In which periods it is tried, where each try leaves as much.</summary>
    private List<int> Tries(long resident, int periods)
    {
        List<int> tries = [];
        for (var period = 1; period <= periods; period++)
        {
            if (_schedule.IsDue(resident))
            {
                tries.Add(period);
                _schedule.Tried(resident);
            }
        }

        return tries;
    }
}

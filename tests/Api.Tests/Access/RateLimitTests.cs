using Microsoft.Extensions.Time.Testing;
using SoftmaxService.Api.Access;
using SoftmaxService.Api.Tests.Metrics;

namespace SoftmaxService.Api.Tests.Access;

public sealed class RateLimitTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void ABurstIsGrantedAtOnceThenTheRateApplies()
    {
        var limit = new RateLimit(perSecond: 2, burst: 3, _time);
        Assert.Equal([true, true, true, false], Take(limit, 4));

        Assert.False(limit.TryTake(out var wait));
        Assert.Equal(0.5, wait.TotalSeconds, 1e-3);
        _time.Advance(wait);
        Assert.Equal([true, false], Take(limit, 2));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([true, true, false], Take(limit, 3));
    }

    [Fact]
    public void ALongPauseGrantsNoMoreThanTheBurst()
    {
        var limit = new RateLimit(perSecond: 100, burst: 2, _time);
        Take(limit, 5);
        _time.Advance(TimeSpan.FromDays(1000));

        Assert.Equal([true, true, false], Take(limit, 3));
    }

    [Fact]
    public void TheLongestRefillDoesNotOverflow()
    {
        var limit = new RateLimit(perSecond: 0.001, burst: 1_000_000, _time);

        Assert.All(Take(limit, 1000), Assert.True);
    }

    [Fact]
    public void WhatIsTakenBeyondTheBurstIsADebtThatIsPaidFirst()
    {
        var limit = new RateLimit(perSecond: 2, burst: 4, _time);
        Assert.True(limit.TryTake(3, out _));
        Assert.False(limit.IsShortOf(1, out _));
        Assert.True(limit.TryTake(10.5, out _)); // of which one is there

        Assert.True(limit.IsShortOf(0, out var paid));
        Assert.Equal(4.75, paid.TotalSeconds, 1e-3);
        Assert.False(limit.TryTake(100, out var wait));
        Assert.Equal(5.25, wait.TotalSeconds, 1e-3);
        _time.Advance(wait - TimeSpan.FromMilliseconds(1));
        Assert.False(limit.IsShortOf(0, out _));
        Assert.False(limit.TryTake(1, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(limit.TryTake(1, out _));
        Assert.False(limit.TryTake(0.1, out _));
        Assert.True(limit.TryTake(0, out _));
    }

    [Fact]
    public void WhatIsReturnedCanBeTakenAgain()
    {
        var limit = new RateLimit(perSecond: 1, burst: 1, _time);
        Assert.True(limit.TryTake(30, out _));
        limit.Return(30);

        Assert.Equal([true, false], Take(limit, 2));
    }

    [Fact]
    public void TheLargestDebtDoesNotOverflow()
    {
        var limit = new RateLimit(perSecond: 0.001, burst: 1, _time);

        Assert.True(limit.TryTake(1e12, out _));
        Assert.False(limit.TryTake(1e12, out var wait));
        Assert.True(wait > TimeSpan.FromDays(365));
    }

    [Fact]
    public async Task ConcurrentRequestsTakeNoMoreThanTheBurst()
    {
        var limit = new RateLimit(perSecond: 0.001, burst: 500, _time);
        var taken = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => Take(limit, 200).Count(granted => granted))));

        Assert.Equal(500, taken.Sum());
    }

    private static bool[] Take(RateLimit limit, int count) =>
        [.. Enumerable.Repeat(limit, count).Select(bucket => bucket.TryTake(out _))];
}

using SoftmaxService.Api.Load;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>Which bodies grow where three have all the memory that there is.</summary>
public sealed class BodyGrowthTests
{
    private const int Each = 500;
    private const int Total = 1600; // a sixteenth is left to small bodies

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ByteBudget _bytes = new(Total);
    private readonly BodyGrowth _growth;
    private readonly BodyShare[] _shares;

    public BodyGrowthTests()
    {
        _growth = new BodyGrowth(_bytes);
        _shares = [Begin(), Begin(), Begin()];
    }

    [Fact]
    public async Task TheBodyThatLacksMostIsRejectedForTheOthers()
    {
        var most = GrowAsync(0, 300, lacking: 900);
        Assert.Equal(1, _growth.Waiting);
        var middle = GrowAsync(1, 100, lacking: 600);
        Assert.Equal((1, 1), (_growth.Waiting, _bytes.Rejections)); // one is rejected at once
        var least = GrowAsync(2, 400, lacking: 400);
        Assert.Equal((2, 1), (_growth.Waiting, _bytes.Rejections)); // and has enough for both others

        Assert.False(await most.WaitAsync(Patience));
        Assert.False(middle.IsCompleted || least.IsCompleted);
        _shares[0].Dispose();

        Assert.True(await least.WaitAsync(Patience));
        Assert.True(await middle.WaitAsync(Patience));
        Assert.Equal((0, 1), (_growth.Waiting, _bytes.Rejections));
    }

    [Fact]
    public async Task TheBodyThatLacksLeastIsNotTheOneThatCameFirst()
    {
        var least = GrowAsync(0, 300, lacking: 300);
        var most = GrowAsync(1, 300, lacking: 900);

        Assert.False(await most.WaitAsync(Patience));
        Assert.Equal(1, _growth.Waiting);
        _shares[1].Dispose();
        Assert.True(await least.WaitAsync(Patience));
    }

    [Fact]
    public async Task OfThoseWhoseEndIsUnknownTheOneWithLessIsRejected()
    {
        _shares[2].Dispose();
        Assert.True(_growth.TryGrow(_shares[1], 400));
        var less = GrowAsync(0, 300, long.MaxValue);
        var more = GrowAsync(1, 300, long.MaxValue);

        Assert.False(await less.WaitAsync(Patience));
        Assert.Equal(1, _growth.Waiting);
        _shares[0].Dispose();
        Assert.True(await more.WaitAsync(Patience));
    }

    private BodyShare Begin()
    {
        var share = _growth.Begin(Each);
        Assert.NotNull(share);
        return share;
    }

    private Task<bool> GrowAsync(int body, long bytes, long lacking) =>
        _growth.GrowAsync(_shares[body], bytes, lacking, CancellationToken.None).AsTask();
}

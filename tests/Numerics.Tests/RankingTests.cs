namespace SoftmaxService.Numerics.Tests;

public sealed class RankingTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(10, 3)]
    [InlineData(10, 10)]
    [InlineData(0, 0)]
    [InlineData(10, 0)]
    [InlineData(1000, 5)]
    [InlineData(1000, 16)]
    [InlineData(1000, 17)]
    [InlineData(4097, 4097)]
    public void TopK_RandomScores_OrdersAsAStableSortDoes(int count, int k)
    {
        var random = new Random(count);
        var scores = Enumerable.Range(0, count).Select(_ =>
            MathF.Round((random.NextSingle() - 0.5f) * 50f) * 0.5f).ToArray();
        var indices = new int[k];

        Ranking.TopK(scores, indices);

        Assert.Equal(Enumerable.Range(0, count).OrderByDescending(index => scores[index]).Take(k), indices);
    }

    [Fact]
    public void TopK_SpecialScores_OrdersThemAsNumbers()
    {
        float[] scores =
            [0f, float.NegativeInfinity, float.MaxValue, -float.Epsilon, float.Epsilon, float.MinValue, 1f, -1f];
        var indices = new int[scores.Length];

        Ranking.TopK(scores, indices);

        Assert.Equal([2, 6, 4, 0, 3, 7, 5, 1], indices);
    }

    [Fact]
    public void TopK_MoreThanThereAre_IsRejected() =>
        Assert.Throws<ArgumentException>(() => Ranking.TopK([1f, 2f], new int[3]));
}

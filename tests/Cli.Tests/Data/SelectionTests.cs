using SoftmaxService.Cli.Data;

namespace SoftmaxService.Cli.Tests.Data;

public sealed class SelectionTests
{
    [Fact]
    public void Range_IsAStretch()
    {
        var selection = Selection.Range(3, 4);

        Assert.Equal([3, 4, 5, 6], Positions(selection, 10));
        Assert.Equal((4, 7), (selection.Count, selection.End));
    }

    [Theory]
    [InlineData(100, 37)]
    [InlineData(5, 1)]
    [InlineData(5, 4)]
    public void Shuffled_TwoPartsOfOneOrder_ShareNothingAndMakeTheWhole(int total, int split)
    {
        var first = Positions(Selection.Shuffled(total, 0, split, seed: 7), total);
        var second = Positions(Selection.Shuffled(total, split, total - split, seed: 7), total);

        Assert.Equal((split, total - split), (first.Length, second.Length));
        Assert.Equal(Enumerable.Range(0, total), first.Concat(second).Order());
    }

    [Fact]
    public void Shuffled_TakesFromEverywhereAndAnotherSeedTakesOthers()
    {
        var chosen = Positions(Selection.Shuffled(1000, 0, 500, seed: 1), 1000);

        Assert.InRange(chosen.Count(position => position < 500), 200, 300);
        Assert.Equal(chosen, Positions(Selection.Shuffled(1000, 0, 500, seed: 1), 1000));
        Assert.NotEqual(chosen, Positions(Selection.Shuffled(1000, 0, 500, seed: 2), 1000));
    }

    [Fact]
    public void Shuffled_EndsBehindTheLastThatIsChosen()
    {
        var selection = Selection.Shuffled(50, 10, 3, seed: 3);

        Assert.Equal(Positions(selection, 50).Max() + 1, selection.End);
        Assert.Equal(3, selection.Count);
    }

    private static int[] Positions(Selection selection, int total) =>
        [.. Enumerable.Range(0, total).Where(selection.Contains)];
}

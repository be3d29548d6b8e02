namespace SoftmaxService.Cli.Data;

/// <summary>
/// Which images of a set are read, by their positions in it. They are read in the set's order, whatever chose them.
/// </summary>
internal sealed class Selection
{
    private readonly int _first;
    private readonly bool[]? _isChosen;

    private Selection(int first, int end, int count, bool[]? isChosen = null)
    {
        _first = first;
        End = end;
        Count = count;
        _isChosen = isChosen;
    }

    public int Count { get; }

    /// <summary>One past the last that is read.</summary>
    public int End { get; }

    /// <summary>N images from a position.</summary>
    public static Selection Range(int first, int count) => new(first, first + count, count);

    /// <summary>
    /// N images from a position in a shuffled order. Parts of one seed's order that do not overlap share no image.
    /// </summary>
    public static Selection Shuffled(int total, int first, int count, int seed)
    {
        int[] order = [.. Enumerable.Range(0, total)];
        new Random(seed).Shuffle(order);
        var isChosen = new bool[total];
        foreach (var position in order.AsSpan(first, count))
        {
            isChosen[position] = true;
        }

        return new Selection(0, Array.LastIndexOf(isChosen, true) + 1, count, isChosen);
    }

    /// <summary>Up to so many of these, spread evenly over them.</summary>
    public Selection Spread(int most)
    {
        int[] positions = [.. Enumerable.Range(0, End).Where(Contains)];
        var count = Math.Min(most, positions.Length);
        var isChosen = new bool[End];
        for (var index = 0; index < count; index++)
        {
            isChosen[positions[(int)((long)index * positions.Length / count)]] = true;
        }

        return new Selection(0, Array.LastIndexOf(isChosen, true) + 1, count, isChosen);
    }

    public bool Contains(int position) =>
        _isChosen is null ? position >= _first && position < End : _isChosen[position];
}

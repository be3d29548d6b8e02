using System.Numerics;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// The bootstrap of statistics that are functions of sums over rows: Efron, "Bootstrap Methods: Another Look at the
/// Jackknife", 1979. The contribution of each row to the sums is computed once; a replicate draws rows with replacement
/// and adds up their contributions. Many rows are first dealt at random into groups, whose sums are drawn instead: a
/// mean of random groups varies like a mean of rows, so the cost of a replicate no longer grows with n.
/// </summary>
internal sealed class Bootstrap
{
    private const int MaxGroups = 10_000;
    private const int MinGroups = 200;
    private const int CellBudget = 1_000_000;
    private const double Tail = 0.025;

    private readonly int _width;
    private readonly int _groupCount;
    private readonly int[]? _groups;
    private readonly double[] _cells;
    private readonly Random _random;

    /// <param name="count">The number of rows.</param>
    /// <param name="width">The number of sums.</param>
    /// <param name="seed">Seeds the dealing and the drawing.</param>
    public Bootstrap(int count, int width, int seed)
    {
        _width = width;
        _random = new Random(seed);
        _groupCount = Math.Min(count, Math.Clamp(CellBudget / width, MinGroups, MaxGroups));
        _cells = new double[_groupCount * width];
        if (_groupCount < count)
        {
            _groups = new int[count];
            for (var row = 0; row < count; row++)
            {
                _groups[row] = row % _groupCount;
            }

            _random.Shuffle(_groups);
        }
    }

    /// <summary>The sums that a row adds to.</summary>
    public Span<double> CellsOf(int row) => _cells.AsSpan((_groups?[row] ?? row) * _width, _width);

    /// <summary>The sums over all rows.</summary>
    public double[] Totals()
    {
        var totals = new double[_width];
        for (var group = 0; group < _groupCount; group++)
        {
            Add(totals, _cells.AsSpan(group * _width, _width), 1);
        }

        return totals;
    }

    /// <summary>Passes the sums of each replicate to <paramref name="measure"/>.</summary>
    public void Replicate(int replicates, Action<int, double[]> measure, CancellationToken cancellationToken)
    {
        var times = new int[_groupCount];
        var sums = new double[_width];
        for (var replicate = 0; replicate < replicates; replicate++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(times);
            Array.Clear(sums);
            for (var draw = 0; draw < _groupCount; draw++)
            {
                times[_random.Next(_groupCount)]++;
            }

            for (var group = 0; group < _groupCount; group++)
            {
                if (times[group] > 0)
                {
                    Add(sums, _cells.AsSpan(group * _width, _width), times[group]);
                }
            }

            measure(replicate, sums);
        }
    }

    /// <summary>The 2.5th and 97.5th percentile, interpolated between neighbours.</summary>
    public static Interval Percentiles(double[] values)
    {
        Array.Sort(values);
        return new Interval(At(Tail), At(1 - Tail));

        double At(double share)
        {
            var position = share * (values.Length - 1);
            var below = (int)position;
            return below + 1 < values.Length
                ? values[below] + ((position - below) * (values[below + 1] - values[below]))
                : values[below];
        }
    }

    private static void Add(Span<double> sums, ReadOnlySpan<double> cells, double times)
    {
        var i = 0;
        for (; i <= sums.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            (new Vector<double>(sums[i..]) + (new Vector<double>(cells[i..]) * times)).CopyTo(sums[i..]);
        }

        for (; i < sums.Length; i++)
        {
            sums[i] += cells[i] * times;
        }
    }
}

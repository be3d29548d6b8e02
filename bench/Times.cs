namespace SoftmaxService.Benchmarks;

/// <summary>
/// The times of one shape's contestants from several processes. Code and memory layout vary between processes, by up to
/// half of the time, so each contestant, ours and theirs, counts with its best process.
/// </summary>
internal sealed class Times
{
    private readonly Dictionary<string, (double Median, double Fastest)> _best = [];

    public IEnumerable<string> Contestants => _best.Keys;

    public void Add(IReadOnlyDictionary<string, double[]> roundsByContestant)
    {
        foreach (var (contestant, rounds) in roundsByContestant)
        {
            var median = rounds.Order().ElementAt(rounds.Length / 2);
            var (best, fastest) = _best.GetValueOrDefault(
                contestant,
                (double.PositiveInfinity, double.PositiveInfinity));
            _best[contestant] = (Math.Min(best, median), Math.Min(fastest, rounds.Min()));
        }
    }

    /// <summary>The fastest turn, with the machine undisturbed.</summary>
    public double Fastest(string contestant) => _best[contestant].Fastest;

    /// <summary>The ratio of one contestant's median time to another's.</summary>
    public double Ratio(string contestant, string other) => _best[contestant].Median / _best[other].Median;
}

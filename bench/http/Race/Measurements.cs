using SoftmaxService.Benchmarks;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>The turns of all rounds, read as medians.</summary>
internal sealed class Measurements
{
    private readonly Dictionary<(string Contender, RequestKind Kind, int Connections), List<Turn>> _turns = [];
    private readonly Dictionary<string, List<double>> _parts = [];

    public void Add(string contender, RequestKind kind, int connections, Turn turn) =>
        At(_turns, (contender, kind, connections)).Add(turn);

    public void AddPart(string part, double microseconds) => At(_parts, part).Add(microseconds);

    /// <summary>The contenders that took this kind of request, in the order of their first turn.</summary>
    public IEnumerable<string> ContendersOf(RequestKind kind) =>
        _turns.Keys.Where(key => key.Kind == kind).Select(key => key.Contender).Distinct();

    public double Cpu(string contender, RequestKind kind, int connections) =>
        Median(contender, kind, connections, turn => turn.CpuMicroseconds);

    public double Median(string contender, RequestKind kind, int connections, Func<Turn, double> value) =>
        Medians.Of(_turns[(contender, kind, connections)].Select(value));

    public (double Lowest, double Highest) CpuRange(string contender, RequestKind kind, int connections)
    {
        var turns = _turns[(contender, kind, connections)];
        return (turns.Min(turn => turn.CpuMicroseconds), turns.Max(turn => turn.CpuMicroseconds));
    }

    public double Part(string part) => Medians.Of(_parts[part]);

    public (double Lowest, double Highest) PartRange(string part) => (_parts[part].Min(), _parts[part].Max());

    private static List<TValue> At<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists[key] = list = [];
        }

        return list;
    }
}

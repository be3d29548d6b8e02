using SoftmaxService.Benchmarks;
using SoftmaxService.HttpBenchmarks.Race;

namespace SoftmaxService.HttpBenchmarks.Compare;

/// <summary>The turns of two processes that ran side by side.</summary>
internal sealed class PairedTurns
{
    private readonly Dictionary<(RequestKind Kind, int Connections), List<CountedTurn>> _before = [];
    private readonly Dictionary<(RequestKind Kind, int Connections), List<CountedTurn>> _after = [];

    public void AddBefore(RequestKind kind, int connections, CountedTurn turn) =>
        Add(_before, (kind, connections), turn);

    public void AddAfter(RequestKind kind, int connections, CountedTurn turn) => Add(_after, (kind, connections), turn);

    /// <summary>The medians of a value over the turns of each process.</summary>
    public (double Before, double After) Compare(RequestKind kind, int connections, Func<CountedTurn, double> value) =>
        (
            Medians.Of(_before[(kind, connections)].Select(value)),
            Medians.Of(_after[(kind, connections)].Select(value)));

    private static void Add(
        Dictionary<(RequestKind Kind, int Connections), List<CountedTurn>> turns,
        (RequestKind Kind, int Connections) key,
        CountedTurn turn)
    {
        if (!turns.TryGetValue(key, out var list))
        {
            turns[key] = list = [];
        }

        list.Add(turn);
    }
}

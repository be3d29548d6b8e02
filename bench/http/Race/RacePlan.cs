namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>The number of rounds and their length.</summary>
/// <param name="Rounds">Turns of each kind; the tables show their medians.</param>
/// <param name="Seconds">The length of a turn.</param>
/// <param name="WarmUpSeconds">Load before the first turn, per contender and kind of request.</param>
internal sealed record RacePlan(int Rounds, double Seconds, double WarmUpSeconds)
{
    public const int WarmUpConnections = 64;
    public const double PartSeconds = 1.5;

    public static readonly int[] Connections = [1, 8, 64];

    public static RacePlan Of(Options options) =>
        new((int)options.Number("rounds", 5), options.Number("seconds", 6), options.Number("warm-up", 25));
}

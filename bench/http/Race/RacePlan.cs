namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>How long and how often.</summary>
/// <param name="Rounds">Turns of each kind; tables have their medians.</param>
/// <param name="Seconds">A turn.</param>
/// <param name="WarmUpSeconds">Load before the first turn, for each contender and each kind of request.</param>
internal sealed record RacePlan(int Rounds, double Seconds, double WarmUpSeconds)
{
    public const int WarmUpConnections = 64;
    public const double PartSeconds = 1.5;

    public static readonly int[] Connections = [1, 8, 64];

    public static RacePlan Of(Options options) =>
        new((int)options.Number("rounds", 5), options.Number("seconds", 6), options.Number("warm-up", 25));
}

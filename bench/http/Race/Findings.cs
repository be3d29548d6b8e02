namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>All that the race has found. What needs native binaries is null where there are none.</summary>
internal sealed record Findings(
    Measurements Rounds,
    IReadOnlyList<Allocations> Allocations,
    IReadOnlyList<CoreScaling> Cores,
    StartTimes? Starts,
    ResidentMemory? Memory);

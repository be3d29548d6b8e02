namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>All results of the race. Results that need native binaries are null if there are none.</summary>
internal sealed record Findings(
    Measurements Rounds,
    IReadOnlyList<Allocations> Allocations,
    IReadOnlyList<CoreScaling> Cores,
    StartTimes? Starts,
    ResidentMemory? Memory);

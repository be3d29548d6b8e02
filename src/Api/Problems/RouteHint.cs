namespace SoftmaxService.Api.Problems;

/// <summary>
/// A sentence that tells a client whose request matches no route where the routes are listed. What lists them registers
/// it.
/// </summary>
internal sealed record RouteHint(string Sentence);

namespace SoftmaxService.Api.Problems;

/// <summary>A request that is rejected at the edge, before it reaches a model.</summary>
internal sealed class RequestException(Problem problem, string detail) : Exception(detail)
{
    public Problem Problem { get; } = problem;
}

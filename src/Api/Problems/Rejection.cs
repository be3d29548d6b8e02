namespace SoftmaxService.Api.Problems;

/// <summary>
/// A problem as an endpoint's result. Under a flood most requests are rejected, and throwing an exception for each
/// would cost more than all the rest of the answer.
/// </summary>
internal sealed record Rejection(Problem Problem, string Detail) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => httpContext.WriteProblemAsync(Problem, Detail);
}

namespace SoftmaxService.Api.Problems;

/// <summary>
/// A problem that is answered without an exception, which would cost more than the rest of the answer.
/// </summary>
internal sealed record Rejection(Problem Problem, string Detail) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => httpContext.WriteProblemAsync(Problem, Detail);
}

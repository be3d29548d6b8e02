namespace SoftmaxService.Api.Problems;

/// <summary>
/// A form in which problems are written, other than the problem document. An edge registers the one that its clients
/// read.
/// </summary>
internal interface IProblemFormat
{
    /// <summary>Whether the client of a request reads this form.</summary>
    bool IsExpectedBy(HttpContext context);

    Task WriteAsync(HttpContext context, Problem problem, string detail);
}

namespace SoftmaxService.Api.Load;

/// <summary>
/// How the requests of an endpoint may set their own timeout, besides by the header; carried as endpoint metadata.
/// </summary>
/// <param name="Description">The parameter and its unit, as part of a sentence.</param>
internal sealed record TimeoutParameter(string Description);

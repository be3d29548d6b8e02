namespace SoftmaxService.Api.Access;

/// <summary>
/// A response header that the pages of an allowed origin may read; an edge registers those of its answers.
/// </summary>
internal sealed record ExposedHeader(string Name);

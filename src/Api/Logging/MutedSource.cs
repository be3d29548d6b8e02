namespace SoftmaxService.Api.Logging;

/// <summary>
/// The beginning of a log source's name that writes nothing, unless a setting gives it a level. An edge registers those
/// of its libraries.
/// </summary>
internal sealed record MutedSource(string Name);

namespace SoftmaxService.Api.Metrics;

/// <summary>
/// The name of an answer's status in a protocol that has its own. An edge registers the one of its protocol.
/// </summary>
internal interface IStatusName
{
    /// <summary>The status by the protocol's own name; null for an answer of another protocol.</summary>
    string? Of(HttpContext context);
}

using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// Marks an endpoint that load balancers, orchestrators and Prometheus query every few seconds. Such a request is
/// answered whatever the load, and is neither logged nor traced by default.
/// </summary>
internal sealed class ProbeMetadata
{
    public static ProbeMetadata Instance { get; } = new();
}

internal static class ProbeExtensions
{
    public static T AnswersProbes<T>(this T endpoints)
        where T : IEndpointConventionBuilder => endpoints.WithMetadata(ProbeMetadata.Instance);

    public static bool IsProbe(this HttpContext context) =>
        context.RequestedEndpoint()?.Metadata.GetMetadata<ProbeMetadata>() is not null;
}

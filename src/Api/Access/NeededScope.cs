using Grpc.AspNetCore.Server;

namespace SoftmaxService.Api.Access;

/// <summary>What a key must be good for to reach an endpoint; carried as endpoint metadata. Where an endpoint says nothing, that is <see cref="KeyScope.Infer"/>.</summary>
internal sealed record NeededScope(KeyScope Scope)
{
    /// <summary>What leads to no route (an unknown path, a wrong method, Swagger's page) gives nothing away and needs no key.</summary>
    public static KeyScope Of(Endpoint? endpoint) => endpoint is RouteEndpoint ? endpoint.Metadata.GetMetadata<NeededScope>()?.Scope ?? KeyScope.Infer : KeyScope.None;
}

internal static class NeededScopeExtensions
{
    public static T NeedsNoKey<T>(this T endpoints)
        where T : IEndpointConventionBuilder => endpoints.WithMetadata(new NeededScope(KeyScope.None));

    public static T NeedsAdmin<T>(this T endpoints)
        where T : IEndpointConventionBuilder => endpoints.WithMetadata(new NeededScope(KeyScope.Admin));

    /// <summary>Says it of some methods of a gRPC service.</summary>
    public static void Needs(this GrpcServiceEndpointConventionBuilder service, KeyScope scope, params string[] methods) => service.Add(endpoint =>
    {
        if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is { } grpc && methods.Contains(grpc.Method.Name))
        {
            endpoint.Metadata.Add(new NeededScope(scope));
        }
    });
}

using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Gives gRPC services, or single methods of one, the metadata that routes are given one by one.</summary>
internal static class GrpcMethods
{
    /// <summary>
    /// Leaves the limit of a body to gRPC, which counts each message, and has a status of its own for one that is too
    /// large.
    /// </summary>
    public static T LimitsItsMessages<T>(this T service)
        where T : IEndpointConventionBuilder => service.WithMetadata(new DisableRequestSizeLimitAttribute());

    /// <summary>Marks the methods that load balancers and orchestrators call all the time.</summary>
    public static void AnswersProbesWith(this GrpcServiceEndpointConventionBuilder service, params string[] methods) =>
        service.AddToMethods(ProbeMetadata.Instance, methods);

    public static void AllowsAnonymous(this GrpcServiceEndpointConventionBuilder service, params string[] methods) =>
        service.AddToMethods(new AllowAnonymousAttribute(), methods);

    public static void RequiresAuthorization(
        this GrpcServiceEndpointConventionBuilder service, string policy, params string[] methods) =>
        service.AddToMethods(new AuthorizeAttribute(policy), methods);

    public static void HasTimeoutParameter(
        this GrpcServiceEndpointConventionBuilder service, params string[] methods) =>
        service.AddToMethods(InferParameters.TimeoutParameter, methods);

    private static void AddToMethods(
        this GrpcServiceEndpointConventionBuilder service, object metadata, string[] methods) =>
        service.Add(endpoint =>
        {
            if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is { } grpc
                && methods.Contains(grpc.Method.Name))
            {
                endpoint.Metadata.Add(metadata);
            }
        });
}

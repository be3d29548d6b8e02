using System.Reflection;
using OpenTelemetry.Resources;

namespace SoftmaxService.Api.Wire;

/// <summary>What the service calls itself towards others.</summary>
internal static class ServiceIdentity
{
    public const string Name = "softmax-service";

    public static string Version { get; } = typeof(ServiceIdentity).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>Describes the service to OpenTelemetry. Its environment variables come last: <c>OTEL_SERVICE_NAME</c> wins.</summary>
    public static void Describe(ResourceBuilder resource) =>
        resource.AddService(Name, serviceVersion: Version).AddEnvironmentVariableDetector();
}

using System.Reflection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Wire;

/// <summary>What the service calls itself, and how it does so towards OpenTelemetry.</summary>
internal static class ServiceIdentity
{
    public const string Name = "softmax-service";

    public static string Version { get; } = typeof(ServiceIdentity).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>Describes the service. OpenTelemetry's variables come last: <c>OTEL_SERVICE_NAME</c> wins.</summary>
    public static void Describe(ResourceBuilder resource) =>
        resource.AddService(Name, serviceVersion: Version).AddEnvironmentVariableDetector();

    /// <summary>Sends a signal to its own address, where it has one.</summary>
    public static void SendTo(this OtlpExporterOptions exporter, ExportSettings settings)
    {
        if (settings.Endpoint is { } endpoint)
        {
            exporter.Endpoint = endpoint;
        }
    }
}

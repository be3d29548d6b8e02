using System.Diagnostics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SoftmaxService.Api.Logging;
using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Api.Tracing;

/// <summary>
/// Traces by OpenTelemetry, sent over OTLP to where its standard variables say (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and the rest). Without
/// them nothing of it is there.
/// </summary>
internal static class TracingSetup
{
    private const string ServiceName = "softmax-service";

    private static readonly string[] EndpointSettings = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    // W3C Trace Context, level 2: tells the client which trace it was.
    private const string ResponseHeader = "traceresponse";

    public static void AddTracing(this WebApplicationBuilder builder)
    {
        if (!IsAsked(builder.Configuration))
        {
            return;
        }

        var version = typeof(TracingSetup).Assembly.GetName().Version?.ToString(3);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName, serviceVersion: version).AddEnvironmentVariableDetector()) // OTEL_SERVICE_NAME has the last word
            .WithTracing(traces => traces
                .AddSource(Telemetry.SpansName)
                .AddAspNetCoreInstrumentation(options => options.Filter = context => !RequestLog.IsProbe(context))
                .AddOtlpExporter());
    }

    public static void UseTracing(this WebApplication app)
    {
        if (!IsAsked(app.Configuration))
        {
            return;
        }

        app.Use(next => context =>
        {
            if (Activity.Current is { Recorded: true, Id: { } id })
            {
                context.Response.Headers[ResponseHeader] = id;
            }

            return next(context);
        });
    }

    private static bool IsAsked(IConfiguration configuration) =>
        EndpointSettings.Any(name => IsEndpoint(name, configuration[name]))
        && !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(configuration["OTEL_TRACES_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is no address stops the start: the exporter itself would silently send to a default.</summary>
    private static bool IsEndpoint(string name, string? value) => value switch
    {
        null or "" => false,
        _ when Uri.TryCreate(value, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps) => true,
        _ => throw new SettingException($"{name} is '{value}'. It must be an address such as http://localhost:4317, or empty for no traces."),
    };
}

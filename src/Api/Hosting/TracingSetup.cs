using System.Diagnostics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Api.Hosting;

/// <summary>
/// Traces by OpenTelemetry, sent over OTLP to where its standard variables say (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and the rest). Without
/// them nothing of it is there.
/// </summary>
internal static class TracingSetup
{
    private const string ServiceName = "softmax-service";

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
        (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? configuration["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]) is { Length: > 0 }
        && !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(configuration["OTEL_TRACES_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase);
}

using System.Diagnostics;
using OpenTelemetry.Trace;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Api.Tracing;

/// <summary>
/// Traces by OpenTelemetry, sent over OTLP to where its standard variables say (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and
/// the rest). Without them nothing of it is started.
/// </summary>
internal static class TracingSetup
{
    // W3C Trace Context, level 2: returns the trace id to the client.
    private const string ResponseHeader = "traceresponse";

    public static void AddTracing(this IServiceCollection services, FeatureSettings features)
    {
        if (features.Traces.IsOn)
        {
            services.AddOpenTelemetry()
                .ConfigureResource(ServiceIdentity.Describe)
                .WithTracing(traces => traces
                    .AddSource(Telemetry.SpansName)
                    .AddAspNetCoreInstrumentation()
                    .AddOtlpExporter(exporter => exporter.SendTo(features.Traces)));
        }
    }

    public static void UseTracing(this WebApplication app)
    {
        if (app.Services.GetService<TracerProvider>() is not null)
        {
            app.Use(next => context =>
            {
                if (Activity.Current is { Recorded: true } activity)
                {
                    Trace(context, activity);
                }

                return next(context);
            });
        }
    }

    private static void Trace(HttpContext context, Activity activity)
    {
        if (context.IsProbe())
        {
            // The instrumentation's own filter runs before the route is known.
            activity.IsAllDataRequested = false;
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
        else
        {
            context.Response.Headers[ResponseHeader] = activity.Id;
        }
    }
}

using OpenTelemetry.Metrics;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Metrics;

/// <summary>
/// Metrics by System.Diagnostics.Metrics: kept for <c>GET /metrics</c>, and exported over OTLP where OpenTelemetry's
/// standard variables say where to.
/// </summary>
internal static class MetricsSetup
{
    private static readonly string[] Meters =
        ["SoftmaxService.*", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    public static void AddServiceMetrics(this IServiceCollection services, FeatureSettings features)
    {
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<RequestMetrics>();
        if (features.Metrics.IsOn)
        {
            services.AddOpenTelemetry()
                .ConfigureResource(ServiceIdentity.Describe)
                .WithMetrics(metrics => metrics
                    .AddMeter(Meters)
                    .AddOtlpExporter(exporter => exporter.SendTo(features.Metrics)));
        }
    }

    /// <summary>Listens from now on, so that the first load of a model is counted too.</summary>
    public static void CollectMetrics(this WebApplication app) => app.Services.GetRequiredService<MetricsCollector>();

    public static void UseRequestMetrics(this WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<RequestMetrics>();
        app.Use(next => context => metrics.MeasureAsync(next, context));
    }
}

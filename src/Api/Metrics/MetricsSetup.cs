namespace SoftmaxService.Api.Metrics;

/// <summary>Metrics by System.Diagnostics.Metrics, kept for <c>GET /metrics</c>.</summary>
internal static class MetricsSetup
{
    public static void AddServiceMetrics(this IServiceCollection services) => services
        .AddSingleton<MetricsCollector>()
        .AddSingleton<RequestMetrics>();

    /// <summary>Listens from now on, so that the first load of a model is counted too.</summary>
    public static void CollectMetrics(this WebApplication app) => app.Services.GetRequiredService<MetricsCollector>();
}

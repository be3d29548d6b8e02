namespace SoftmaxService.Api.Settings;

/// <summary>
/// Which optional parts of the service are started. Read before the services are built, since a part that is not asked
/// for is not registered.
/// </summary>
/// <param name="HasKeys">Whether any API key is configured.</param>
/// <param name="Traces">Whether and where traces are exported.</param>
/// <param name="Metrics">Whether and where metrics are exported, besides <c>/metrics</c>.</param>
internal sealed record FeatureSettings(bool HasKeys, ExportSettings Traces, ExportSettings Metrics)
{
    public static FeatureSettings Read(IConfiguration configuration) => new(
        configuration.GetSection("Access:Keys").GetChildren().Any(),
        ExportSettings.Read(configuration, "TRACES"),
        ExportSettings.Read(configuration, "METRICS"));
}

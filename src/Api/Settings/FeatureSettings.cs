namespace SoftmaxService.Api.Settings;

/// <summary>
/// Which optional parts of the service are started. Read before the services are built, since a part that is not asked for is not registered.
/// </summary>
/// <param name="HasKeys">Whether any API key is configured.</param>
/// <param name="ExportsTraces">Whether OpenTelemetry's standard variables say where traces go; its exporter reads the rest of them.</param>
/// <param name="ExportsMetrics">The same for metrics.</param>
internal sealed record FeatureSettings(bool HasKeys, bool ExportsTraces, bool ExportsMetrics)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static FeatureSettings Read(IConfiguration configuration) => new(
        configuration.GetSection("Access:Keys").GetChildren().Any(),
        Exports(configuration, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER"),
        Exports(configuration, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_METRICS_EXPORTER"));

    private static bool Exports(IConfiguration configuration, string endpoint, string exporter)
    {
        var isEndpoint = IsEndpoint(configuration, Endpoint) | IsEndpoint(configuration, endpoint);
        return isEndpoint && !Is(configuration, "OTEL_SDK_DISABLED", "true") && !Is(configuration, exporter, "none");
    }

    private static bool Is(IConfiguration configuration, string name, string value) =>
        string.Equals(configuration[name], value, StringComparison.OrdinalIgnoreCase);

    /// <summary>Anything but an address stops the start: the exporter would silently send to its default.</summary>
    private static bool IsEndpoint(IConfiguration configuration, string name) => configuration[name] switch
    {
        null or "" => false,
        var value when Uri.TryCreate(value, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps) => true,
        var value => throw new SettingException(
            $"{name} is '{value}'. It must be an address such as http://localhost:4317, or empty for none."),
    };
}

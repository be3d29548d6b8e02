namespace SoftmaxService.Api.Settings;

/// <summary>
/// What OpenTelemetry's standard variables say about one signal; its exporter reads the rest of them.
/// </summary>
/// <param name="IsOn">Whether the signal is exported.</param>
/// <param name="Endpoint">Its own address, which the exporter does not read; null for the one of all signals.</param>
internal sealed record ExportSettings(bool IsOn, Uri? Endpoint)
{
    public static ExportSettings Read(IConfiguration configuration, string signal)
    {
        var all = EndpointOf(configuration, "OTEL_EXPORTER_OTLP_ENDPOINT");
        var own = EndpointOf(configuration, $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
        var isOff = Is(configuration, "OTEL_SDK_DISABLED", "true")
            || Is(configuration, $"OTEL_{signal}_EXPORTER", "none");
        return new ExportSettings(!isOff && (own ?? all) is not null, own);
    }

    private static bool Is(IConfiguration configuration, string name, string value) =>
        string.Equals(configuration[name], value, StringComparison.OrdinalIgnoreCase);

    /// <summary>Anything but an address stops the start: the exporter would silently send to its default.</summary>
    private static Uri? EndpointOf(IConfiguration configuration, string name) => configuration[name] switch
    {
        null or "" => null,
        var value when Uri.TryCreate(value, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps) => address,
        var value => throw new SettingException(
            $"{name} is '{value}'. It must be an address such as http://localhost:4317, or empty for none."),
    };
}

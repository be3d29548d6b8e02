using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using SoftmaxService.Api.Tests.Tracing;

namespace SoftmaxService.Api.Tests.Metrics;

public sealed class MetricsExportTests
{
    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics")]
    public async Task MetricsAreExportedToTheEndpointOfTheStandardVariables(string variable, string path)
    {
        await using var collector = await OtlpCollector.StartAsync();
        using (var service = new ServiceWith(
            (variable, $"{collector.Address}{path}"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")))
        {
            Assert.Equal(200, (await service.ClassifyAsync(RunningService.Seven)).Status);
            Assert.True(service.Services.GetRequiredService<MeterProvider>().ForceFlush());
        }

        string[] names =
        [
            "softmax-service",
            "softmax.requests",
            "softmax.request.duration",
            "softmax.requests.in_flight",
            "/classify",
            "dotnet.gc.collections",
        ];
        Assert.All(names, name => Assert.Contains(name, collector.Metrics, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    [InlineData("OTEL_SDK_DISABLED", "true", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]
    [InlineData("OTEL_METRICS_EXPORTER", "none", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")]
    public void WithoutTheVariablesNothingIsExported(params string[] settings)
    {
        using var service = new ServiceWith([.. settings.Chunk(2).Select(setting => (setting[0], setting[1]))]);
        _ = service.Client;

        Assert.Null(service.Services.GetService<MeterProvider>());
    }
}

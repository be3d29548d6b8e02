using System.Buffers;
using SoftmaxService.Api.Metrics;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints;

/// <summary><c>GET /metrics</c>, for Prometheus.</summary>
internal static class MetricsEndpoint
{
    private const int InitialCapacity = 64 * 1024;

    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes
        .MapGet("/metrics", AnswerAsync)
        .ExcludeFromDescription()
        .AnswersProbes()
        .AllowAnonymous();

    private static Task AnswerAsync(
        MetricsCollector metrics, HttpResponse response, CancellationToken cancellationToken)
    {
        var text = new ArrayBufferWriter<byte>(InitialCapacity);
        metrics.Write(new PrometheusText(text));
        response.ContentType = PrometheusText.ContentType;
        response.ContentLength = text.WrittenCount;
        return response.Body.WriteAsync(text.WrittenMemory, cancellationToken).AsTask();
    }
}

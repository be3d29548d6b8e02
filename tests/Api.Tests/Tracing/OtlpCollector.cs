using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SoftmaxService.Api.Tests.Tracing;

/// <summary>Receives what an exporter sends over OTLP/HTTP.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _traces = new();
    private readonly ConcurrentQueue<string> _metrics = new();

    private OtlpCollector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>All received traces with one character per byte, so that names can be searched for.</summary>
    public string Traces => string.Concat(_traces);

    /// <summary>The same for metrics.</summary>
    public string Metrics => string.Concat(_metrics);

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new OtlpCollector(builder.Build());
        collector._app.MapPost("/v1/traces", (HttpRequest request) => KeepAsync(request, collector._traces));
        collector._app.MapPost("/v1/metrics", (HttpRequest request) => KeepAsync(request, collector._metrics));
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task KeepAsync(HttpRequest request, ConcurrentQueue<string> bodies)
    {
        using var body = new StreamReader(request.Body, Encoding.Latin1);
        bodies.Enqueue(await body.ReadToEndAsync());
    }
}

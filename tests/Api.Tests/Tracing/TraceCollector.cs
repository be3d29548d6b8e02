using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SoftmaxService.Api.Tests.Tracing;

/// <summary>Takes what an exporter sends over OTLP as HTTP.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _bodies = new();

    private TraceCollector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>All that came, a character a byte: names stand in it as they are.</summary>
    public string Text => string.Concat(_bodies);

    public static async Task<TraceCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new TraceCollector(builder.Build());
        collector._app.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            using var body = new StreamReader(request.Body, Encoding.Latin1);
            collector._bodies.Enqueue(await body.ReadToEndAsync());
        });
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

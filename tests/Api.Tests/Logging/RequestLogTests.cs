using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using SoftmaxService.Api.Logging;

namespace SoftmaxService.Api.Tests.Logging;

public sealed class RequestLogTests
{
    [Fact]
    public async Task ALogLineHasTheRequestAndTheModel()
    {
        using var service = new ListenedTo();
        await service.ClassifyAsync(RunningService.Seven, "?model=mnist");

        var line = await service.NextAsync();
        Assert.StartsWith("\"POST\" \"/classify\" answered 200 in ", line.RenderMessage(), StringComparison.Ordinal);
        Assert.Equal(("mnist", "1"), (Text(line, "Model"), Text(line, "Version")));
        Assert.Equal(LogEventLevel.Information, line.Level);
    }

    [Fact]
    public async Task ALineCarriesTheTraceOfTheProblemDocument()
    {
        using var service = new ListenedTo();
        var answer = await service.ClassifyAsync(RunningService.Seven, "?temperature=0");

        var line = await service.NextAsync();
        Assert.Contains("answered 400", line.RenderMessage(), StringComparison.Ordinal);
        Assert.Contains(
            line.TraceId.ToString()!,
            answer.Json.GetProperty("traceId").GetString()!,
            StringComparison.Ordinal);
        Assert.False(line.Properties.ContainsKey("Model"));
    }

    [Fact]
    public async Task ASinkMayKeepALine()
    {
        using var service = new ListenedTo();
        await service.ClassifyAsync(RunningService.Seven, "?model=mnist");
        var kept = await service.NextAsync();
        var rendered = Rendered(kept);

        await service.GetAsync("/nowhere");
        var next = await service.NextAsync();

        Assert.Equal(rendered, Rendered(kept));
        Assert.NotEqual(Rendered(kept), Rendered(next));
        Assert.False(next.Properties.ContainsKey("Model"));
    }

    [Fact]
    public async Task AHeadRequestIsLoggedAsHead()
    {
        using var service = new ListenedTo();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/models");
        using var answer = await service.Client.SendAsync(request);

        Assert.Equal((200, "HEAD"), ((int)answer.StatusCode, Text(await service.NextAsync(), "RequestMethod")));
    }

    [Fact]
    public async Task AnIncomingTraceIsContinued()
    {
        using var service = new ListenedTo();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/models");
        request.Headers.TryAddWithoutValidation(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var answer = await service.Client.SendAsync(request);

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", (await service.NextAsync()).TraceId.ToString());
    }

    [Fact]
    public async Task APathCannotForgeALogLine()
    {
        using var service = new ListenedTo();
        await service.GetAsync("/no%0A%1B[31mway%E2%80%AE%E2%80%A8%C3%BC");

        Assert.Equal("/no\\u000a\\u001b[31mway\\u202e\\u2028ü", Text(await service.NextAsync(), "RequestPath"));
    }

    [Fact]
    public async Task AProbeIsNotLogged()
    {
        using var service = new ListenedTo();
        await service.GetAsync("/health/ready");
        await service.GetAsync("/v2/health/live");
        await service.GetAsync("/models");

        Assert.Equal("/models", Text(await service.NextAsync(), "RequestPath"));
    }

    [Fact]
    public async Task AClientThatDisconnectsDuringItsAnswerIsLogged()
    {
        using var models = new TemporaryFolder();
        ManyClasses.Write(models, 50_000);
        using var service = new ListenedTo(("Models:Folder", models.Path));
        (await BeginAsync(service)).Dispose();

        var line = await service.NextAsync();
        Assert.StartsWith(
            "\"POST\" \"/classify\" was broken off with 499 after ",
            line.RenderMessage(),
            StringComparison.Ordinal);
        Assert.Equal((LogEventLevel.Information, "many", null), (line.Level, Text(line, "Model"), line.Exception));
        Assert.Contains(
            "softmax_requests_total{route=\"/classify\",model=\"many\",version=\"1\",status=\"499\"} 1",
            await MetricsAsync(service),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnswerCutOffByItsDeadlineIsLoggedAsSuch()
    {
        using var models = new TemporaryFolder();
        ManyClasses.Write(models, 50_000);
        using var service = new ListenedTo(("Models:Folder", models.Path), ("Load:RequestSeconds", "2"));
        using var response = await BeginAsync(service);

        var line = await service.NextAsync();
        Assert.StartsWith(
            "\"POST\" \"/classify\" was broken off with 504 after ",
            line.RenderMessage(),
            StringComparison.Ordinal);
        // The answer is incomplete.
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
        Assert.Contains("status=\"504\"} 1", await MetricsAsync(service), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACompleteBinaryAnswerIsLoggedAsSuchIfItsClientDisconnectsAfterwards()
    {
        using var service = new ListenedTo();
        for (var i = 0; i < 20; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/softmax")
            {
                Content = new ByteArrayContent(new byte[400_000]),
                Headers = { ConnectionClose = true },
            };
            request.Content.Headers.ContentType = new("application/octet-stream");
            using var answer = await service.Client.SendAsync(request);
            await answer.Content.ReadAsByteArrayAsync();
            Assert.Contains("answered 200", (await service.NextAsync()).RenderMessage(), StringComparison.Ordinal);
        }
    }

    /// <summary>Reads the head of an answer that is much larger than the buffers between server and client.</summary>
    private static async Task<HttpResponseMessage> BeginAsync(RunningService service)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/classify?topK=50000")
        {
            Content = new StringContent(ManyClasses.Images(12), System.Text.Encoding.UTF8, "application/json"),
        };
        return await service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<string> MetricsAsync(RunningService service) =>
        System.Text.Encoding.UTF8.GetString((await service.GetAsync("/metrics")).Body);

    private static string Rendered(LogEvent line) =>
        string.Join(' ', line.Properties.Select(property => $"{property.Key}={property.Value}").Order());

    private static string? Text(LogEvent line, string property) =>
        (line.Properties[property] as ScalarValue)?.Value as string;

    /// <summary>The service with a logger that keeps the request lines.</summary>
    private sealed class ListenedTo(params (string Name, string Value)[] settings) : RunningService, ILogEventSink
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        private readonly BlockingCollection<LogEvent> _lines = [];

        public void Emit(LogEvent logEvent)
        {
            if (logEvent.Properties.ContainsKey(RequestLog.ElapsedProperty))
            {
                _lines.Add(logEvent);
            }
        }

        // A line is written after the answer was sent.
        public Task<LogEvent> NextAsync() =>
            Task.Run(() => _lines.TryTake(out var line, Patience) ? line : throw new TimeoutException("No line came."));

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            base.ConfigureWebHost(builder);
            foreach (var (name, value) in settings)
            {
                builder.UseSetting(name, value);
            }

            builder.ConfigureTestServices(services =>
                services.AddSerilog(
                    new LoggerConfiguration().MinimumLevel.Information().WriteTo.Sink(this).CreateLogger(),
                    dispose: true));
        }
    }
}

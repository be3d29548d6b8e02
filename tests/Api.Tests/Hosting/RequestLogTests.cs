using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using SoftmaxService.Api.Hosting;

namespace SoftmaxService.Api.Tests.Hosting;

public sealed class RequestLogTests
{
    [Fact]
    public async Task ALineSaysWhatWasAskedAndWhoAnswered()
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
        Assert.Contains(line.TraceId.ToString()!, answer.Json.GetProperty("traceId").GetString()!, StringComparison.Ordinal);
        Assert.False(line.Properties.ContainsKey("Model"));
    }

    [Fact]
    public async Task ATraceGoesOn()
    {
        using var service = new ListenedTo();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/models");
        request.Headers.TryAddWithoutValidation("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var answer = await service.Client.SendAsync(request);

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", (await service.NextAsync()).TraceId.ToString());
    }

    [Fact]
    public async Task APathCannotForgeALine()
    {
        using var service = new ListenedTo();
        await service.GetAsync("/no%0A%1B[31mway%E2%80%AE%E2%80%A8%C3%BC");

        Assert.Equal("/no\\u000a\\u001b[31mway\\u202e\\u2028ü", Text(await service.NextAsync(), "RequestPath"));
    }

    [Fact]
    public async Task AProbeIsNotWorthALine()
    {
        using var service = new ListenedTo();
        await service.GetAsync("/health/ready");
        await service.GetAsync("/v2/health/live");
        await service.GetAsync("/models");

        Assert.Equal("/models", Text(await service.NextAsync(), "RequestPath"));
    }

    private static string? Text(LogEvent line, string property) => (line.Properties[property] as ScalarValue)?.Value as string;

    /// <summary>The service with a logger that keeps the lines of requests.</summary>
    private sealed class ListenedTo : RunningService, ILogEventSink
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        private readonly BlockingCollection<LogEvent> _lines = [];

        public void Emit(LogEvent logEvent)
        {
            if (logEvent.Properties.ContainsKey(RequestLog.ElapsedProperty))
            {
                _lines.Add(logEvent.ToKeep());
            }
        }

        // A line is written when the answer has left already.
        public Task<LogEvent> NextAsync() => Task.Run(() => _lines.TryTake(out var line, Patience) ? line : throw new TimeoutException("No line came."));

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            base.ConfigureWebHost(builder);
            builder.ConfigureTestServices(services => services.AddSerilog(new LoggerConfiguration().MinimumLevel.Information().WriteTo.Sink(this).CreateLogger(), dispose: true));
        }
    }
}

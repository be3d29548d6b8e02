using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Trace;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Api.Tests.Tracing;

public sealed class TracesTests
{
    private const string Server = "Microsoft.AspNetCore";

    [Fact]
    public async Task TheSpansOfARequestAreChildrenOfItsSpan()
    {
        using var service = new RunningService();
        using var trace = new Trace();
        using var answer = await trace.ClassifyAsync(service, RunningService.Seven);
        var spans = await trace.EndedAsync();

        var server = Assert.Single(spans, span => span.Source.Name == Server);
        Assert.Equal(trace.CallerSpan, server.ParentSpanId.ToString());
        var parts = spans
            .Where(span => span.Source.Name == Telemetry.SpansName)
            .OrderBy(span => span.StartTimeUtc)
            .ToArray();
        Assert.Equal(["decode", "run", "softmax"], parts.Select(span => span.OperationName));
        Assert.All(parts, span => Assert.Equal(server.SpanId, span.ParentSpanId));
        Assert.All(
            parts,
            span => Assert.InRange(span.StartTimeUtc, server.StartTimeUtc, server.StartTimeUtc + server.Duration));
        Assert.Equal(1, parts[1].GetTagItem("softmax.batch.size"));
    }

    [Fact]
    public async Task RequestsThatShareARunAreLinkedThroughTheirBatch()
    {
        using var service = new ServiceWith(("Batching:ConcurrentRuns", "1"));
        using var trace = new Trace();
        using var answer = await trace.ClassifyAsync(
            service,
            RunningService.Seven,
            RunningService.Three,
            RunningService.Seven);
        var spans = await trace.EndedAsync();

        var server = Assert.Single(spans, span => span.Source.Name == Server);
        Assert.Equal(3, spans.Count(span => span.OperationName == "decode"));
        Assert.Equal(3, spans.Count(span => span.OperationName == "queue" && span.ParentSpanId == server.SpanId));
        var runs = spans.Where(span => span.OperationName == "run").ToArray();
        Assert.Equal(3, runs.Length);
        var batch = Assert.Single(
            trace.Batches,
            batch => batch.Links.Any(link => link.Context.TraceId == server.TraceId));
        Assert.NotEqual(server.TraceId, batch.TraceId);
        Assert.Equal(default, batch.ParentSpanId);
        Assert.Equal((3, 3), (batch.GetTagItem("softmax.batch.size"), batch.Links.Count()));
        Assert.All(runs, run =>
        {
            Assert.Equal((server.SpanId, (object?)3), (run.ParentSpanId, run.GetTagItem("softmax.batch.size")));
            Assert.Equal(batch.SpanId, Assert.Single(run.Links).Context.SpanId);
        });
        // The batch has not replaced the request.
        Assert.Equal(3, spans.Count(span => span.OperationName == "softmax" && span.ParentSpanId == server.SpanId));
    }

    [Fact]
    public async Task AnImageThatCannotBeReadIsAFaultOfItsDecoding()
    {
        using var service = new RunningService();
        using var trace = new Trace();
        using var answer = await trace.ClassifyAsync(service, RunningService.Seven[..200]);

        var part = Assert.Single(await trace.EndedAsync(), span => span.Source.Name == Telemetry.SpansName);
        Assert.Equal(("decode", ActivityStatusCode.Error), (part.OperationName, part.Status));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces")]
    public async Task TracesAreExportedToTheEndpointOfTheStandardVariables(string variable, string path)
    {
        await using var collector = await OtlpCollector.StartAsync();
        var probeTrace = ActivityTraceId.CreateRandom().ToHexString();
        using var trace = new Trace();
        using (
            var service = new ServiceWith(
                (variable, $"{collector.Address}{path}"),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
            request.Headers.Add("traceparent", $"00-{probeTrace}-b7ad6b7169203331-01");
            using var probe = await service.Client.SendAsync(request);
            Assert.False(probe.Headers.Contains("traceresponse"));
            using var answer = await trace.ClassifyAsync(service, RunningService.Seven);
            Assert.StartsWith(
                $"00-{trace.Id}-",
                Assert.Single(answer.Headers.GetValues("traceresponse")),
                StringComparison.Ordinal);
            await trace.EndedAsync();
            Assert.True(service.Services.GetRequiredService<TracerProvider>().ForceFlush());
        }

        var received = collector.Traces;
        Assert.All(
            [
                "softmax-service",
                "decode",
                "run",
                "softmax",
                "POST /classify",
                Encoding.Latin1.GetString(Convert.FromHexString(trace.Id)),
            ],
            text => Assert.Contains(text, received, StringComparison.Ordinal));

        // By its trace: a service of another test in this process has its probes exported, too.
        Assert.DoesNotContain(
            Encoding.Latin1.GetString(Convert.FromHexString(probeTrace)), received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:4317")]
    [InlineData("collector")]
    public void AnInvalidEndpointStopsTheStart(string endpoint)
    {
        using var service = new ServiceWith(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint));

        var fault = Assert.ThrowsAny<Exception>(() => service.Client).Message;
        Assert.Contains($"OTEL_EXPORTER_OTLP_ENDPOINT is '{endpoint}'", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_SERVICE_NAME", "x")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    [InlineData("OTEL_SDK_DISABLED", "true", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]
    [InlineData("OTEL_TRACES_EXPORTER", "none", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]
    public void WithoutAnExporterNothingIsTraced(params string[] settings)
    {
        using var service = new ServiceWith([.. settings.Chunk(2).Select(setting => (setting[0], setting[1]))]);
        _ = service.Client;

        Assert.Null(service.Services.GetService<TracerProvider>());
    }

    /// <summary>
    /// A trace that the test starts, with all its ended spans. Listeners belong to the whole process.
    /// </summary>
    private sealed class Trace : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _spans = new();
        private readonly ConcurrentQueue<Activity> _batches = new();
        private readonly ActivityListener _listener;

        public Trace()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is Server or Telemetry.SpansName,
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = Keep,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public string Id { get; } = ActivityTraceId.CreateRandom().ToString();

        public string CallerSpan { get; } = ActivitySpanId.CreateRandom().ToString();

        public IEnumerable<Activity> Batches => _batches;

        public async Task<HttpResponseMessage> ClassifyAsync(RunningService service, params byte[][] images)
        {
            using var form = new MultipartFormDataContent();
            foreach (var image in images)
            {
                form.Add(new ByteArrayContent(image), "image", "image.png");
            }

            using var request = new HttpRequestMessage(HttpMethod.Post, "/classify") { Content = form };
            request.Headers.TryAddWithoutValidation("traceparent", $"00-{Id}-{CallerSpan}-01");
            return await service.Client.SendAsync(request);
        }

        /// <summary>All spans, once the request's span, which is the last, has ended.</summary>
        public async Task<Activity[]> EndedAsync()
        {
            for (var patience = 1500; !_spans.Any(span => span.Source.Name == Server); patience--)
            {
                Assert.True(patience > 0, "The request's span has not ended.");
                await Task.Delay(20);
            }

            return [.. _spans];
        }

        public void Dispose() => _listener.Dispose();

        private void Keep(Activity span)
        {
            if (span.OperationName == "batch")
            {
                _batches.Enqueue(span);
            }
            else if (span.TraceId.ToString() == Id)
            {
                _spans.Enqueue(span);
            }
        }
    }
}

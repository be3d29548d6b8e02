using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SkiaSharp;
using SoftmaxService.Api.Metrics;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.OpenInference;
using SoftmaxService.Inference;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Metrics;

/// <summary>
/// The meters of inference belong to the process, so each test uses its own model names.
/// </summary>
public sealed class MetricsEndpointTests : IDisposable
{
    private const string Manifest = """{"input": {"scale": 0.015625}, "labels": ["dark", "bright \"1\"", "grey"]}""";

    // Class k's logit is the brightness of pixel k divided by 64.
    private static readonly double[] Logits = [0.5, 3, 1];
    private static readonly byte[] Image = EncodedImages.Encode(
        4,
        4,
        (x, y) => y > 0 || x > 2 ? SKColors.Black : new SKColor(Gray(x), Gray(x), Gray(x)));
    private static readonly byte[] Three = ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);

    private readonly ModelFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ItShowsWhatRequestsDid()
    {
        _folder.With("counted/1", Three, Manifest);
        using var service = new ServiceWith(("Models:Folder", _folder.Path));
        await service.ClassifyAsync(Image);
        await service.ClassifyAsync(Image, "?temperature=5");
        await service.ClassifyAsync(Image, "?temperature=0");
        await service.ClassifyAsync("no image"u8.ToArray());

        (string, string)[] model = [("model", "counted"), ("version", "1")];
        (string, string)[] route = [("route", "/classify")];
        var samples = await MetricsText.UntilAsync(
            service,
            samples => samples.Sum("softmax_requests_total", route) == 4);
        Assert.Equal(2, samples.Sum("softmax_requests_total", [.. route, .. model, ("status", "200")]));
        Assert.Equal(1, samples.Sum("softmax_requests_total", [.. route, .. model, ("status", "415")]));
        Assert.Equal(1, samples.Sum("softmax_requests_total", [.. route, ("status", "400")]));
        Assert.Equal(3, samples.Sum("softmax_request_duration_seconds_count", [.. route, .. model]));
        foreach (var time in new[]
            {
                "softmax_decode_duration_seconds",
                "softmax_queue_duration_seconds",
                "softmax_run_duration_seconds",
            })
        {
            Assert.Equal(2, samples.Sum($"{time}_count", model));
            Assert.Equal(2, samples.Sum($"{time}_bucket", [.. model, ("le", "+Inf")]));
            Assert.Equal(
                ["0.00005", "10"],
                new[] { "0.00005", "10" }.Where(bound =>
                    samples.Sum($"{time}_bucket", [.. model, ("le", bound)]) is not null));
        }

        Assert.Equal(
            (2, 2),
            (samples.Sum("softmax_batch_size_count", model), samples.Sum("softmax_batch_size_sum", model)));
        Assert.Equal(
            (0, 0, 0),
            (
                samples.Sum("softmax_queue_length", model),
                samples.Sum("softmax_requests_shed_total", model),
                samples.Sum("softmax_requests_expired_total", model)));
        Assert.Equal(
            (1, 0),
            (samples.Sum("softmax_models_loads_total", model), samples.Sum("softmax_models_reloads_total", model)));
        Assert.Equal(
            (1, 1, 0),
            (samples.Sum("softmax_ready"), samples.Sum("softmax_models_served"), samples.Sum("softmax_models_failing"))
        );
        Assert.True(samples.Sum("dotnet_process_memory_working_set_bytes") > 1e6);
    }

    [Fact]
    public async Task ModelMetricsUseTheModelsTemperature()
    {
        _folder.With("seeing/1", Three, Manifest);
        using var service = new ServiceWith(("Models:Folder", _folder.Path));
        await service.ClassifyAsync(Image, "?temperature=5");
        await service.PostFormAsync("/classify", Image, Image);
        await service.PostAsync(
            "/v2/models/seeing/infer",
            $$"""
            {"parameters": {"temperature": 0.1},
             "inputs": [
               {"name": "image", "datatype": "BYTES", "shape": [1], "data": ["{{Convert.ToBase64String(Image)}}"]}],
             "outputs": [{"name": "probabilities"}]}
            """);

        (string, string)[] model = [("model", "seeing"), ("version", "1")];
        var samples = await MetricsText.ReadAsync(service);
        var probabilities = Logits.Select(logit => Math.Exp(logit) / Logits.Sum(Math.Exp)).ToArray();
        Assert.Equal(4, samples.Sum("softmax_confidence_count", model));
        Assert.Equal(4 * probabilities[1], samples.Sum("softmax_confidence_sum", model)!.Value, 1e-5);
        Assert.Equal(
            4 * -probabilities.Sum(p => p * Math.Log(p)),
            samples.Sum("softmax_entropy_sum", model)!.Value,
            1e-5);
        Assert.Equal(4, samples.Sum("softmax_predictions_total", [.. model, ("class", "bright \"1\"")]));
        Assert.Single(samples, sample => sample.Name == "softmax_predictions_total" && sample.Has(model));
    }

    [Fact]
    public async Task TheClassesOfALargeModelShareOneSeries()
    {
        _folder
            .With("large/1", ModelFolder.PickFirst(101, 121, "batch", 1, 11, 11))
            .With("largest/1", ModelFolder.PickFirst(100, 121, "batch", 1, 11, 11));
        using var service = new ServiceWith(("Models:Folder", _folder.Path));
        foreach (var place in Enumerable.Range(0, 5))
        {
            var image = EncodedImages.Encode(11, 11, (x, y) => y == 0 && x == place ? SKColors.White : SKColors.Black);
            await service.ClassifyAsync(image, "?model=large");
            await service.ClassifyAsync(image, "?model=largest");
        }

        var samples = await MetricsText.ReadAsync(service);
        Assert.Equal(
            ["other"],
            samples
                .Where(sample => sample.Name == "softmax_predictions_total" && sample.Has(("model", "large")))
                .Select(sample => sample.Labels["class"]));
        Assert.Equal(
            5,
            samples.Count(sample => sample.Name == "softmax_predictions_total" && sample.Has(("model", "largest"))));
    }

    [Fact]
    public async Task ClientsCannotCreateSeries()
    {
        _folder.With("junk/1", Three, Manifest);
        using var service = new ServiceWith(
            ("Models:Folder", _folder.Path),
            ("Grpc:Url", $"http://127.0.0.1:{SmallModelService.FreePort()}"));
        _ = service.Client;
        var grpcAddress = service.Services.GetRequiredService<Api.Settings.GrpcOptions>().Url;
        using var channel = GrpcChannel.ForAddress(grpcAddress);
        using var http2 = new HttpClient { BaseAddress = new Uri(grpcAddress) };
        const int kinds = 9;

        async Task SendAsync(string junk)
        {
            await service.ClassifyAsync(Image, $"?model={junk}");
            await service.ClassifyAsync(Image, $"?version={junk}");
            await service.GetAsync($"/{junk}/{junk}");
            await service.GetAsync($"/models/{junk}");
            await service.PostAsync($"/v2/models/{junk}/versions/{junk}/infer", "{}");
            using var method = new HttpRequestMessage(new HttpMethod(junk.ToUpperInvariant()), "/classify");
            (await service.Client.SendAsync(method)).Dispose();
            await CallAsync($"/{junk}.Service/{junk}");
            await CallAsync($"/inference.GRPCInferenceService/{junk}");
            await Assert.ThrowsAsync<RpcException>(async () =>
                await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(
                    new ModelInferRequest { ModelName = junk }));
        }

        async Task CallAsync(string path)
        {
            using var content = new ByteArrayContent(new byte[5])
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") },
            };
            using var call = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = content,
            };
            using var answer = await http2.SendAsync(call);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        static double? Requests(IReadOnlyList<Sample> samples) =>
            samples
                .Where(sample => sample.Name == "softmax_requests_total" && sample.Labels["route"] != "/metrics")
                .Sum(sample => sample.Value);
        static string[] Series(IReadOnlyList<Sample> samples) =>
            [
                .. samples
                    .Where(sample =>
                        sample.Has(("model", "junk"))
                        || (sample.Labels.GetValueOrDefault("route") is { } route && route != "/metrics"))
                    .Select(sample => sample.Identity)
                    .Order(StringComparer.Ordinal),
            ];

        await SendAsync("first");
        var before = Series(await MetricsText.UntilAsync(service, samples => Requests(samples) == kinds));
        for (var round = 0; round < 50; round++)
        {
            await SendAsync(string.Create(CultureInfo.InvariantCulture, $"junk{round}"));
        }

        var samples = await MetricsText.UntilAsync(service, samples => Requests(samples) == 51 * kinds);
        Assert.Equal(before, Series(samples));
        Assert.Equal(
            51,
            samples.Sum(
                "softmax_requests_total",
                ("route", "/inference.GRPCInferenceService/ModelInfer"),
                ("status", "NotFound")));
        Assert.All(
            samples,
            sample =>
                Assert.DoesNotContain(
                    sample.Labels,
                    label => label.Value.Contains("junk1", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [InlineData("brewed", "Teapot")]
    [InlineData("other", "418")]
    public async Task AProtocolMayNameItsStatus(string item, string status)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var metrics = new RequestMetrics(meters, [new StatusOf("steeped"), new StatusOf("brewed")]);
        var statuses = new List<object?>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters && instrument.Name == "softmax.requests")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (_, _, tags, _) => statuses.Add(new TagList(tags).Single(tag => tag.Key == "status").Value));
        listener.Start();

        await metrics.MeasureAsync(
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status418ImATeapot;
                return Task.CompletedTask;
            },
            new DefaultHttpContext { Items = { [item] = "Teapot" } });

        Assert.Equal([status], statuses);
    }

    [Fact]
    public void AnUnloadedVersionLosesItsGaugeAndLaterItsSeries()
    {
        using var repository = _folder.With("gone/1", Three, Manifest).With("kept/1", Three, Manifest).Load();
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var time = new FakeTimeProvider();
        using var collector = new MetricsCollector(repository, services.GetRequiredService<IMeterFactory>(), time);
        foreach (var name in new[] { "gone", "kept" })
        {
            using var lease = repository.Acquire(name, null);
            ImageClassifier.Classify(lease.Model, Image, new ClassificationOptions());
        }

        Assert.Equal(["gone", "kept"], ModelsWith(collector, "softmax_confidence_count"));
        Assert.Equal(["gone", "kept"], ModelsWith(collector, "softmax_queue_length"));
        repository.Unload("gone");
        Assert.Equal(["gone", "kept"], ModelsWith(collector, "softmax_confidence_count"));
        Assert.Equal(["kept"], ModelsWith(collector, "softmax_queue_length"));
        time.Advance(MetricsCollector.Retention);
        Assert.Equal(["kept"], ModelsWith(collector, "softmax_confidence_count"));
        Assert.Equal(["kept"], ModelsWith(collector, "softmax_predictions_total"));
    }

    [Fact]
    public void LabelsAndNamesAreWrittenAsPrometheusReadsThem()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(meter.CreateCounter<double>("a.b.read", "By", "What is \\ read\nand more."));
        family.Record(1.5, [new("x.y", "quote \" back \\ line \n ж")]);
        family.Record(2, [new("x.y", "quote \" back \\ line \n ж")]);
        var text = Write(family);

        Assert.StartsWith(
            "# HELP a_b_read_bytes_total What is \\\\ read\\nand more.\n# TYPE a_b_read_bytes_total counter\n",
            text,
            StringComparison.Ordinal);
        var sample = Assert.Single(MetricsText.Parse(text));
        Assert.Equal(
            ("a_b_read_bytes_total", 3.5, "quote \" back \\ line \n ж"),
            (sample.Name, sample.Value, sample.Labels["x_y"]));
    }

    [Fact]
    public void TheBucketsOfAHistogramAreCumulative()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(
            meter.CreateHistogram("size", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 10] }));
        foreach (var size in new[] { 0, 1, 2, 10, 11, 1000 })
        {
            family.Record(size, []);
        }

        var samples = MetricsText.Parse(Write(family));
        Assert.Equal([2, 4, 6], new[] { "1", "10", "+Inf" }.Select(bound => samples.Sum("size_bucket", ("le", bound))));
        Assert.Equal((6, 1024), (samples.Sum("size_count"), samples.Sum("size_sum")));
    }

    [Fact]
    public void AMeasurementAllocatesNothing()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(
            meter.CreateHistogram("time", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1] })
        );
        KeyValuePair<string, object?>[] tags = [new("model", "a"), new("version", "1")];
        family.Record(0.5, tags);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            family.Record(0.5, tags);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void ConcurrentWritesLoseNothing()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(
            meter.CreateHistogram("time", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1] })
        );
        Parallel.For(0, 40_000, i => family.Record(i % 2 == 0 ? 0.5 : 2, [new("part", i % 4 < 2 ? "a" : "b")]));

        var samples = MetricsText.Parse(Write(family));
        Assert.Equal(
            (20_000, 20_000),
            (samples.Sum("time_seconds_bucket", ("le", "1")), samples.Sum("time_seconds_count", ("part", "a"))));
        Assert.Equal(50_000, samples.Sum("time_seconds_sum"));
    }

    private static byte Gray(int x) => (byte)(Logits[x] * 64);

    private static string Write(MetricFamily family)
    {
        var text = new ArrayBufferWriter<byte>();
        new PrometheusText(text).Write(family);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static IEnumerable<string> ModelsWith(MetricsCollector collector, string metric)
    {
        var text = new ArrayBufferWriter<byte>();
        collector.Write(new PrometheusText(text));
        return MetricsText
            .Parse(Encoding.UTF8.GetString(text.WrittenSpan))
            .Where(sample => sample.Name == metric)
            .Select(sample => sample.Labels["model"])
            .Where(model => model is "gone" or "kept")
            .Order(StringComparer.Ordinal);
    }

    /// <summary>A protocol whose status is an item of the request.</summary>
    private sealed class StatusOf(string item) : IStatusName
    {
        public string? Of(HttpContext context) => context.Items[item] as string;
    }
}

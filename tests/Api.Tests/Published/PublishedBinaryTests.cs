using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.Metrics;
using SoftmaxService.Api.Tests.OpenInference;
using SoftmaxService.Api.Tests.Tracing;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Published;

/// <summary>
/// Checks that everything based on reflection, embedded files, generated code and native libraries also works in the
/// native binary.
/// </summary>
[Collection(nameof(RunningService))]
public sealed class PublishedBinaryTests(RunningService portable, PublishedService published)
    : IClassFixture<PublishedService>
{
    private static readonly string Base64 = Convert.ToBase64String(RunningService.Seven);

    [PublishedFact]
    public async Task EveryKindOfBodyIsAnsweredAsByThePortableBuild()
    {
        await AssertSameAsync(service =>
            service.ClassifyAsync(RunningService.Seven, "?topK=3&temperature=2&alpha=0.01"));
        await AssertSameAsync(service => service.ClassifyAsync(RunningService.Seven, "?model=cifar10"));
        await AssertSameAsync(service => service.PostFormAsync("/classify", RunningService.Seven));
        await AssertSameAsync(service =>
            service.PostFormAsync(
                "/classify?topK=1",
                RunningService.Seven,
                RunningService.Three,
                "no image"u8.ToArray()));
        await AssertSameAsync(service => service.PostAsync("/classify", $$"""{"image": "{{Base64}}"}"""));
        await AssertSameAsync(service =>
            service.PostAsync("/classify", $$"""{"images": ["{{Base64}}", "{{Base64}}"]}"""));
        await AssertSameAsync(service =>
            service.PostAsync("/preprocess?model=cifar10", RunningService.Seven, "image/png"));
        await AssertSameAsync(service =>
            service.SoftmaxAsync(
                """{"logits": [2.0, 1.0, "-Infinity"], "labels": ["cat", "dog", "fish"], "temperature": 0.5}"""
            ));
        await AssertSameAsync(service =>
            service.PostAsync("/softmax/gradient", """{"logits": [2.0, 1.0, 0.1], "target": 0}"""));
        await AssertSameAsync(service =>
            service.PostAsync(
                "/calibrate",
                """
                {"logits": [[1, 2], [4, 3], [0, 9], [3, 1], [1, 5], [2, 0]], "labels": [1, 1, 1, 0, 1, 0],
                 "bins": 5, "alphas": [0.2]}
                """));
    }

    [PublishedFact]
    public async Task AnImageIsAnsweredRight()
    {
        var answer = await published.ClassifyAsync(RunningService.Seven, "?topK=1");

        Assert.Equal("7", answer.Json.GetProperty("predictions")[0].GetProperty("label").GetString());
        Assert.Equal(0.99886, answer.Json.GetProperty("predictions")[0].GetProperty("probability").GetDouble(), 4);
    }

    [PublishedFact]
    public async Task SoftmaxTakesAndGivesPlainFloats()
    {
        var answer = await published.PostAsync(
            "/softmax?classes=2&temperature=2",
            InferCalls.Bytes(1, 3, 5, 5),
            "application/octet-stream");

        Assert.Equal(
            [0.268941, 0.731059, 0.5, 0.5],
            InferCalls.Floats(answer.Body).Select(value => Math.Round(value, 6)));
    }

    [PublishedFact]
    public async Task ModelsAreDescribedAsByThePortableBuild()
    {
        foreach (var path in new[]
            {
                "/health/live",
                "/health/ready",
                "/models",
                "/models/mnist/1/reliability.svg",
                "/v2",
                "/v2/health/ready",
                "/v2/models/mnist",
                "/v2/models/cifar10/versions/1/ready",
            })
        {
            await AssertSameAsync(service => service.GetAsync(path));
        }

        var model = await published.GetAsync("/models/mnist/1");
        Assert.True(model.Json.TryGetProperty("calibration", out _));
    }

    [PublishedFact]
    public async Task FaultsAreProblemDocuments()
    {
        (await published.ClassifyAsync(RunningService.Seven, "?temperature=0")).IsProblem(
            400,
            "invalid-parameter",
            "above 0");
        (await published.ClassifyAsync(RunningService.Seven, "?model=cats")).IsProblem(404, "model-not-found", "cats");
        (await published.ClassifyAsync("hello"u8.ToArray())).IsProblem(415, "image-format-unsupported");
        (await published.ClassifyAsync(RunningService.Seven[..200])).IsProblem(422, "image-undecodable");
        (await published.PostAsync("/softmax", "{")).IsProblem(400, "malformed-json");
        (await published.PostAsync("/softmax", """{"logits": [1], "logit": 2}""")).IsProblem(
            400,
            "malformed-json",
            "logit");
        (await published.GetAsync("/classify")).IsProblem(405, "method-not-allowed");
        (await published.GetAsync("/nowhere")).IsProblem(404, "not-found");
        (await published.ClassifyAsync(new byte[11 << 20])).IsProblem(413, "body-too-large");
    }

    [PublishedFact]
    public async Task TheSwaggerPageIsServedWithItsScriptsAndTheSameDocument()
    {
        Assert.Equal((200, "text/html"), await StatusAsync("/swagger/index.html"));
        Assert.Equal((200, "text/css"), await StatusAsync("/swagger/swagger-ui.css"));
        Assert.True((await published.GetAsync("/swagger/swagger-ui-bundle.js")).Body.Length > 100_000);
        Assert.Contains(
            "SoftmaxService",
            Encoding.UTF8.GetString((await published.GetAsync("/swagger/index.html")).Body),
            StringComparison.Ordinal);
        await AssertSameAsync(service => service.GetAsync("/swagger/v1/swagger.json"));

        async Task<(int, string?)> StatusAsync(string path) =>
            await published.GetAsync(path) is var answer ? (answer.Status, answer.MediaType) : default;
    }

    [PublishedFact]
    public async Task ThePageIsInTheBinaryAndNotBesideIt()
    {
        await AssertSameAsync(service => service.GetAsync("/"));
        await AssertSameAsync(service => service.GetAsync("/assets/0/app.js"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept-Encoding", "br" } } };
        using var answer = await published.Client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, "br"), (answer.StatusCode, answer.Content.Headers.ContentEncoding.Single()));
        Assert.False(Directory.Exists(Path.Combine(Path.GetDirectoryName(PublishedBinary.Path)!, "wwwroot")));
    }

    [PublishedFact]
    public async Task TheOpenInferenceProtocolAnswers()
    {
        var request = await File.ReadAllTextAsync(Path.Combine(RunningService.RepositoryRoot, "samples", "infer.json"));
        await AssertSameAsync(service => service.PostAsync("/v2/models/mnist/infer", request));

        var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(request));
        }

        using var content = new ByteArrayContent(zipped.ToArray())
        {
            Headers = { ContentType = MediaTypeHeaderValue.Parse("application/json"), ContentEncoding = { "gzip" } },
        };
        var answer = await Answer.ReadAsync(await published.Client.PostAsync("/v2/models/mnist/infer", content));
        Assert.StartsWith(
            "0.952",
            answer.Json.GetProperty("outputs")[0].GetProperty("data")[0].GetString(),
            StringComparison.Ordinal);
        Assert.Equal(404, (await published.PostAsync("/v2/models/cats/infer", request)).Status);
    }

    [PublishedFact]
    public async Task GrpcAnswersWithItsHealthAndReflection()
    {
        _ = published.Client; // starts it
        using var channel = GrpcChannel.ForAddress(published.GrpcAddress);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        var answer = await client.ModelInferAsync(
            new ModelInferRequest
            {
                ModelName = "mnist",
                Inputs =
                {
                    new ModelInferRequest.Types.InferInputTensor
                    {
                        Name = "image",
                        Datatype = "BYTES",
                        Shape = { 1 },
                    },
                },
                Outputs =
                {
                    new ModelInferRequest.Types.InferRequestedOutputTensor
                    {
                        Name = "probabilities",
                        Parameters = { ["classification"] = new InferParameter { Int64Param = 1 } },
                    },
                },
                RawInputContents = { ByteString.CopyFrom(TensorElements.Of(RunningService.Seven)) },
            },
            new CallOptions(new Metadata { { "grpc-internal-encoding-request", "gzip" } }));
        Assert.Equal("7", Assert.Single(InferCalls.Texts(answer.RawOutputContents[0].ToByteArray())).Split(':')[2]);
        Assert.Equal(
            StatusCode.NotFound,
            (
                await Assert.ThrowsAsync<RpcException>(async () =>
                    await client.ModelReadyAsync(new() { Name = "cats" }))).StatusCode);

        var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);

        using var reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await reflection.RequestStream.WriteAsync(
            new ServerReflectionRequest { FileContainingSymbol = "inference.GRPCInferenceService" });
        Assert.True(await reflection.ResponseStream.MoveNext(default));
        Assert.NotEmpty(reflection.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto);
        await reflection.RequestStream.CompleteAsync();
    }

    [PublishedFact]
    public async Task SoftmaxRunsOnWideVectors()
    {
        await published.GetAsync("/health/live");

        Assert.Contains(
            RuntimeInformation.OSArchitecture == Architecture.X64 ? "256-bit vectors" : "128-bit vectors",
            published.Log,
            StringComparison.Ordinal);
    }

    [PublishedFact]
    public async Task ANewModelIsServedWithoutARestart()
    {
        using var folder = new TemporaryFolder();
        folder.Copy(Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1"), "mnist/1");
        using var process = await ServiceProcess.StartReadyAsync(
            PublishedBinary.Path,
            $"--Models:Folder={folder.Path}",
            "--Models:SettleSeconds=0.1");
        folder.Copy(Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1"), "mnist/2");

        for (
            var patience = 200;
            (await process.Client.GetAsync("/models/mnist/2")).StatusCode != HttpStatusCode.OK;
            await Task.Delay(50))
        {
            Assert.True(patience-- > 0, process.Output);
        }
    }

    [PublishedFact]
    public async Task AModelThatIsNotKnownIsProbed()
    {
        using var folder = new ModelFolder()
            .With("good/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4))
            .With("endless/1", SmallModels.Endless());
        using var process = await ServiceProcess.StartReadyAsync(
            PublishedBinary.Path, $"--Models:Folder={folder.Path}", "--Models:LoadSeconds=5",
            $"--Models:ProbeCache={Path.Combine(folder.Path, ".passed")}");

        Assert.Contains("Model good/1 was probed", process.Output, StringComparison.Ordinal);
        Assert.Contains("Model endless/1 was probed", process.Output, StringComparison.Ordinal);
        Assert.Contains(
            "it was not ready to serve within 5 s", await process.Client.GetStringAsync("/models"),
            StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await process.Client.GetAsync("/models/good/1")).StatusCode);
    }

    [PublishedFact]
    public async Task LogsAreJsonOnRequest()
    {
        using var process = await ServiceProcess.StartReadyAsync(
            PublishedBinary.Path,
            "--Serilog:Format=json",
            "--Serilog:MinimumLevel:Override:Microsoft=Warning");

        Assert.Contains("\"Name\":\"mnist\"", process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Now listening", process.Output, StringComparison.Ordinal);
    }

    [PublishedFact]
    public async Task MetricsAreCounted()
    {
        await published.ClassifyAsync(RunningService.Seven);

        var samples = await MetricsText.ReadAsync(published);
        Assert.All(
            ["softmax_runs_total", "softmax_confidence_count", "softmax_decode_duration_seconds_count"],
            name => Assert.True(samples.Sum(name, ("model", "mnist")) > 0, name));
        Assert.True(samples.Sum("dotnet_process_memory_working_set_bytes") > 1e6);
        Assert.True(samples.Sum("kestrel_active_connections") > 0);
    }

    [PublishedFact]
    public async Task TracesAreExportedOnRequest()
    {
        await using var collector = await OtlpCollector.StartAsync();
        using var process = await ServiceProcess.StartReadyAsync(
            PublishedBinary.Path,
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Address}",
            "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
        using var image = new ByteArrayContent(RunningService.Seven)
        {
            Headers = { ContentType = MediaTypeHeaderValue.Parse("image/png") },
        };
        using var answer = await process.Client.PostAsync("/classify", image);
        await process.TerminateAsync();

        Assert.Equal((HttpStatusCode.OK, 0), (answer.StatusCode, await process.ExitCodeAsync()));
        Assert.All(
            ["POST /classify", "decode", "run", "softmax"],
            name => Assert.Contains(name, collector.Traces, StringComparison.Ordinal));
    }

    [PublishedFact]
    public async Task ASettingOutOfRangeStopsTheStartAndIsNamed()
    {
        using var process = ServiceProcess.Start(PublishedBinary.Path, "--Batching:MaxBatchSize=257");

        Assert.NotEqual(0, await process.ExitCodeAsync());
        Assert.Contains("Batching:MaxBatchSize must be between 1 and 256", process.Output, StringComparison.Ordinal);
    }

    [PublishedFact]
    public async Task KeysAreRequired()
    {
        const string Key = "open sesame";
        using var process = await ServiceProcess.StartReadyAsync(
            PublishedBinary.Path,
            $"--Access:Keys:web:Hash={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}");

        Assert.Equal(HttpStatusCode.Unauthorized, (await process.Client.GetAsync("/models")).StatusCode);
        process.Client.DefaultRequestHeaders.Add("X-API-Key", Key);
        Assert.Equal(HttpStatusCode.OK, (await process.Client.GetAsync("/models")).StatusCode);
    }

    [PublishedFact]
    public async Task ATerminatedServiceExitsWithZero()
    {
        using var process = await ServiceProcess.StartReadyAsync(PublishedBinary.Path, "--Shutdown:GraceSeconds=0");
        await process.TerminateAsync();

        Assert.Equal(0, await process.ExitCodeAsync());
    }

    private async Task AssertSameAsync(Func<RunningService, Task<Answer>> ask)
    {
        var (expected, actual) = (await ask(portable), await ask(published));

        Assert.Equal(200, expected.Status);
        Assert.Equal((expected.Status, expected.MediaType), (actual.Status, actual.MediaType));
        if (expected.MediaType == "application/json")
        {
            SameJson.Assert(expected.Json, actual.Json, "the published binary's answer");
        }
        else
        {
            Assert.Equal(expected.Body, actual.Body);
        }
    }
}

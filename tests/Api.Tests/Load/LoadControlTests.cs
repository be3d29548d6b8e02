using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Load;

public sealed class LoadControlTests
{
    private const string BothTimeouts =
        "(header 'timeout' in seconds, or the parameter 'timeout' in microseconds),";

    private const string Softmax = """{"logits": [1, 2]}""";

    [Theory]
    [InlineData("/classify")]
    [InlineData("/preprocess")]
    public async Task AModelWithAFullQueueRejectsAtOnce(string path)
    {
        using var service = new ServiceWith(("Load:MaxPendingPerModel", "1"));
        var busy = await BusyGate.OccupyAsync(service);
        Task<Answer>[] both =
        [
            service.PostAsync(path, RunningService.Seven, "image/png"),
            service.PostAsync(path, RunningService.Seven, "image/png"),
        ];

        var rejected = await Task.WhenAny(both);
        busy.Dispose();
        var other = await both.Single(answer => answer != rejected);

        (await rejected).IsProblem(429, "overloaded", "mnist/1", "admits 1 at a time");
        Assert.Equal(TimeSpan.FromSeconds(1), (await rejected).Headers.RetryAfter?.Delta);
        Assert.Equal(200, other.Status);
        Assert.Equal(200, (await service.ClassifyAsync(RunningService.Seven)).Status);
    }

    [Fact]
    public async Task AFullQueueDoesNotAffectAnotherModel()
    {
        using var service = new ServiceWith(("Load:MaxPendingPerModel", "1"));
        using var busy = await BusyGate.OccupyAsync(service);
        var first = await FillModelAsync(service, CancellationToken.None);

        (await ClassifyAsync(service, "?model=cifar10", "0.05")).IsProblem(504, "deadline-exceeded");
        busy.Dispose();
        Assert.Equal(200, (await Answer.ReadAsync(await first)).Status);
    }

    [Theory]
    [InlineData("/classify")]
    [InlineData("/preprocess")]
    [InlineData("/v2/models/mnist/infer")]
    public async Task AFullModelRejectsBeforeReadingTheBody(string path)
    {
        using var service = new ServiceWith(("Load:MaxPendingPerModel", "1"));
        using var busy = await BusyGate.OccupyAsync(service);
        var first = await FillModelAsync(service, CancellationToken.None);

        Assert.Equal(429, (await service.PostAsync(path, "no image"u8.ToArray(), "text/plain")).Status);
        busy.Dispose();
        Assert.Equal(200, (await Answer.ReadAsync(await first)).Status);
        Assert.Equal(415, (await service.PostAsync(path, "no image"u8.ToArray(), "text/plain")).Status);
    }

    [Fact]
    public async Task ABatchLargerThanTheLimitIsAdmittedByAnIdleModel()
    {
        using var service = new ServiceWith(("Load:MaxPendingPerModel", "1"));

        Assert.Equal(
            3,
            (await service.PostFormAsync("/classify", RunningService.Seven, RunningService.Three, RunningService.Seven))
                .Json.GetProperty("results")
                .GetArrayLength());
    }

    [Fact]
    public async Task AFullServiceRejectsAtOnceAndStaysLive()
    {
        using var service = new ServiceWith(("Load:MaxRequestsInFlight", "1"));
        var busy = await BusyGate.OccupyAsync(service);
        Task<Answer>[] both = [service.SoftmaxAsync(Softmax), service.SoftmaxAsync(Softmax)];

        var rejected = await Task.WhenAny(both);
        Assert.Equal(200, (await service.GetAsync("/health/ready")).Status);
        busy.Dispose();

        (await rejected).IsProblem(429, "overloaded", "Load:MaxRequestsInFlight");
        Assert.Equal(200, (await both.Single(answer => answer != rejected)).Status);
    }

    [Fact]
    public async Task ARequestThatExceedsItsTimeoutGets504()
    {
        using var service = new ServiceWith();
        using var busy = await BusyGate.OccupyAsync(service);

        var late = await ClassifyAsync(service, "", "0.05");
        busy.Dispose();

        late.IsProblem(504, "deadline-exceeded", "0.05 s", "(header 'timeout' in seconds),");
        Assert.Equal(200, (await ClassifyAsync(service, "", "60")).Status);
    }

    [Fact]
    public async Task ARequestThatExceedsTheSettingGets504WhateverItsTimeout()
    {
        using var service = new ServiceWith(("Load:RequestSeconds", "0.05"));
        using var busy = await BusyGate.OccupyAsync(service);

        (await ClassifyAsync(service, "", "60")).IsProblem(504, "deadline-exceeded", "0.05 s");
        (await service.SoftmaxAsync(Softmax)).IsProblem(504, "deadline-exceeded", "0.05 s");
    }

    [Fact]
    public async Task ABodyThatArrivesTooLateGets504()
    {
        using var service = new ServiceWith(("Load:RequestSeconds", "0.05"));
        using var connection = new TcpClient();
        await connection.ConnectAsync(service.Client.BaseAddress!.Host, service.Client.BaseAddress.Port);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[4096];

        await connection
            .GetStream()
            .WriteAsync(
                Encoding.ASCII.GetBytes(
                    "POST /classify HTTP/1.1\r\nHost: a\r\n"
                        + "Content-Type: image/png\r\nContent-Length: 10\r\n\r\n1"),
                patience.Token);
        var count = await connection.GetStream().ReadAsync(buffer, patience.Token);

        Assert.StartsWith("HTTP/1.1 504 ", Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("NaN")]
    [InlineData("1e3")]
    public async Task AnInvalidTimeoutIsRejected(string text)
    {
        using var service = new ServiceWith();

        (await ClassifyAsync(service, "", text)).IsProblem(400, "invalid-parameter", text, "seconds above 0");
    }

    [Theory]
    [InlineData("50000", 504)]
    [InlineData("0", 200)]
    [InlineData("60000000", 200)]
    [InlineData("-1", 400)]
    [InlineData("true", 400)]
    public async Task UnderV2TheTimeoutParameterIsInMicroseconds(string microseconds, int status)
    {
        using var service = new ServiceWith();
        var busy = await BusyGate.OccupyAsync(service);
        var image = Convert.ToBase64String(RunningService.Seven);
        var asking = service.PostAsync("/v2/models/mnist/infer", $$"""
            {"parameters": {"timeout": {{microseconds}}},
             "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["{{image}}"]}]}
            """);
        if (status == 504)
        {
            await asking;
        }

        busy.Dispose();
        var answer = await asking;

        Assert.Equal(status, answer.Status);
        Assert.Equal(status != 200, answer.Json.TryGetProperty("error", out var error));
        if (status == 504)
        {
            Assert.Contains(BothTimeouts, error.GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task UnderV2ARequestThatExceedsTheSettingLearnsOfTheParameter()
    {
        using var service = new ServiceWith(("Load:RequestSeconds", "0.05"));
        using var busy = await BusyGate.OccupyAsync(service);
        var image = Convert.ToBase64String(RunningService.Seven);

        var late = await service.PostAsync("/v2/models/mnist/infer", $$"""
            {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["{{image}}"]}]}
            """);

        Assert.Equal(504, late.Status);
        Assert.Contains(BothTimeouts, late.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OverGrpcTheTimeoutParameterIsInMicroseconds()
    {
        using var service = new GrpcServiceWith();
        _ = service.Client;
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        using var busy = await BusyGate.OccupyAsync(service);
        var request = Seven();
        request.Parameters["timeout"] = new InferParameter { Int64Param = 50_000 };

        var late = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(request));

        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        Assert.Contains("0.05 s", late.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(BothTimeouts, late.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OverloadAndDeadlineHaveTheirOwnGrpcStatus()
    {
        using var service = new GrpcServiceWith(("Load:RequestSeconds", "0.05"), ("Load:MaxPendingPerModel", "1"));
        _ = service.Client;
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        using var busy = await BusyGate.OccupyAsync(service);

        var late = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(Seven()));
        var wrong = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.ModelInferAsync(Seven(), new Metadata { { "timeout", "soon" } }));
        service.Services.GetRequiredService<Workload>().BeginDrain();
        var draining = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(Seven()));

        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        Assert.Equal(
            (StatusCode.InvalidArgument, true),
            (wrong.StatusCode, wrong.Status.Detail.Contains("'soon'", StringComparison.Ordinal)));
        Assert.Equal(StatusCode.Unavailable, draining.StatusCode);
        Assert.Contains("shutting down", draining.Status.Detail, StringComparison.Ordinal);
        Assert.False((await client.ServerReadyAsync(new ServerReadyRequest())).Ready);
        Assert.True((await client.ServerLiveAsync(new ServerLiveRequest())).Live);
    }

    [Fact]
    public async Task ADisconnectedClientFreesItsPermit()
    {
        using var service = new ServiceWith(("Load:MaxPendingPerModel", "1"));
        using var busy = await BusyGate.OccupyAsync(service);
        using var leaving = new CancellationTokenSource();
        var first = await FillModelAsync(service, leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Eventually.UntilAsync(async () => (await ClassifyAsync(service, "", "0.05")).Status == 504);
    }

    [Fact]
    public async Task ADrainingServiceReportsNotReadyKeepsAnsweringThenRejects()
    {
        using var service = new ServiceWith();
        _ = service.Client;
        var workload = service.Services.GetRequiredService<Workload>();

        workload.BeginGrace();
        var ready = await service.GetAsync("/health/ready");
        var answered = await service.ClassifyAsync(RunningService.Seven);
        workload.BeginDrain();
        var rejected = await service.ClassifyAsync(RunningService.Seven);
        var rejectedUnderV2 = await service.PostAsync("/v2/models/mnist/infer", "{}");

        Assert.Equal((503, "draining"), (ready.Status, ready.Json.GetProperty("status").GetString()));
        Assert.NotNull(ready.Headers.RetryAfter);
        Assert.Equal(503, (await service.GetAsync("/v2/health/ready")).Status);
        Assert.Equal((200, true), (answered.Status, answered.Headers.ConnectionClose));
        rejected.IsProblem(503, "draining");
        Assert.NotNull(rejected.Headers.RetryAfter);
        Assert.True(rejected.Headers.ConnectionClose);
        Assert.Equal(503, rejectedUnderV2.Status);
        Assert.Contains(
            "shutting down", rejectedUnderV2.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (await service.GetAsync("/health/live")).Status);
    }

    private static ModelInferRequest Seven() =>
        new()
        {
            ModelName = "mnist",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "image",
                    Datatype = "BYTES",
                    Shape = { 1 },
                    Contents = new InferTensorContents
                    {
                        BytesContents = { Google.Protobuf.ByteString.CopyFrom(RunningService.Seven) },
                    },
                },
            },
        };

    /// <summary>
    /// Sends a request to a model that admits one image at a time. Returns its task once another request is rejected
    /// because of it.
    /// </summary>
    private static async Task<Task<HttpResponseMessage>> FillModelAsync(
        RunningService service,
        CancellationToken cancellationToken)
    {
        Task<HttpResponseMessage>? first = null;
        await Eventually.UntilAsync(async () =>
        {
            // It may have arrived while the probing request was running, and have been rejected itself.
            if (first is null or { IsCompleted: true })
            {
                first = service.Client.PostAsync(
                    "/classify",
                    new ByteArrayContent(RunningService.Seven)
                    {
                        Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
                    },
                    cancellationToken);
            }

            return (await ClassifyAsync(service, "?model=mnist", "0.05")).Status == 429 && !first.IsCompleted;
        });
        return first!; // at least one request was sent
    }

    private static async Task<Answer> ClassifyAsync(RunningService service, string query, string timeout)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/classify{query}")
        {
            Content = new ByteArrayContent(RunningService.Seven)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
            },
            Headers = { { "timeout", timeout } },
        };
        return await Answer.ReadAsync(await service.Client.SendAsync(request));
    }

    private sealed class GrpcServiceWith(params (string Name, string Value)[] settings) : RunningService
    {
        private readonly int _port = SmallModelService.FreePort();

        public string GrpcAddress => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}");

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            base.ConfigureWebHost(builder);
            builder.UseSetting("Grpc:Url", GrpcAddress);
            foreach (var (name, value) in settings)
            {
                builder.UseSetting(name, value);
            }
        }
    }
}

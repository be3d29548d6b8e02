using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.OpenInference;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Tests.Wire;

/// <summary>Large bodies wait for each other before they are inflated and parsed; small ones do not.</summary>
public sealed class BodyGateTests : IDisposable
{
    private const string Infer = "/v2/models/mnist/infer";
    private const int Large = 1_000_000;

    private static readonly string Spaces = new(' ', Large);

    private readonly string _grpcAddress = $"http://127.0.0.1:{SmallModelService.FreePort()}";
    private readonly ServiceWith _service;

    public BodyGateTests()
    {
        _service = new ServiceWith(("Grpc:Url", _grpcAddress));
        _ = _service.Client; // starts it
    }

    private BodyGate Gate => _service.Services.GetRequiredService<BodyGate>();

    public void Dispose() => _service.Dispose();

    [Theory]
    [InlineData(Infer, "", 400)]
    [InlineData(Infer, "gzip", 400)]
    [InlineData(Infer, "deflate", 400)]
    [InlineData("/v2/repository/index", "", 200)]
    [InlineData("/v2/repository/index", "gzip", 200)]
    [InlineData("/classify", "", 400)]
    public async Task ALargeBodyWaitsForOthersUntilItsDeadline(string path, string encoding, int status)
    {
        var body = Encode($"{{{Spaces}}}", encoding);
        var permits = await TakeAllAsync();

        Assert.Equal(504, await SendAsync(path, body, encoding, "0.3"));
        Assert.Equal(0, Gate.Waiting);
        var answer = SendAsync(path, body, encoding);
        await Eventually.UntilAsync(() => Gate.Waiting == 1);
        permits.ForEach(permit => permit.Dispose());

        Assert.Equal(status, await answer);
        Assert.Equal((0, 0), (Gate.InUse, Gate.Waiting));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    public async Task ASmallBodyDoesNotWait(string encoding)
    {
        var zeros = string.Join(',', Enumerable.Repeat("0", 784));
        var body = $$"""
            {"inputs": [{"name": "image", "datatype": "FP32", "shape": [1, 1, 28, 28], "data": [{{zeros}}]}]}
            """;
        await TakeAllAsync();

        Assert.Equal(200, await SendAsync(Infer, Encode(body, encoding), encoding));
    }

    [Fact]
    public async Task UploadsThatStallHoldUpNoOther()
    {
        var body = Encode($"{{{Spaces}}}", "gzip");
        var head = Encoding.ASCII.GetBytes(
            $"POST {Infer} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n");
        var address = _service.Client.BaseAddress!;
        List<TcpClient> stalled = [];
        for (var client = 0; client <= Environment.ProcessorCount; client++)
        {
            stalled.Add(new TcpClient());
            await stalled[^1].ConnectAsync(address.Host, address.Port);
            await stalled[^1].GetStream().WriteAsync(head);
            await stalled[^1].GetStream().WriteAsync(body.AsMemory(0, body.Length - 1));
        }

        Assert.Equal(400, await SendAsync(Infer, body, "gzip"));
        Assert.Equal((0, 0), (Gate.InUse, Gate.Waiting));
        stalled.ForEach(client => client.Dispose());
    }

    [Theory]
    [InlineData(2_000_000, false)]
    [InlineData(10_000_000, true)]
    public async Task ALargeMessageWaitsForOthers(int size, bool isPacked)
    {
        using var channel = GrpcChannel.ForAddress(_grpcAddress);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        var request = InferMessages.Raw("mnist", [1, 4], new byte[size]);
        Metadata headers = isPacked ? [new("grpc-internal-encoding-request", "gzip")] : [];
        var permits = await TakeAllAsync();

        await client.ModelInferAsync(
            InferMessages.Raw("mnist", [1, 4], new byte[100]), headers).ResponseAsync.ContinueWith(
            call => Assert.IsType<RpcException>(call.Exception!.InnerException), TaskScheduler.Default);
        var late = await Assert.ThrowsAsync<RpcException>(
            async () => await client.ModelInferAsync(request, headers, DateTime.UtcNow.AddSeconds(0.5)));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        await Eventually.UntilAsync(() => Gate.Waiting == 0);
        var call = client.ModelInferAsync(request, headers);
        await Eventually.UntilAsync(() => Gate.Waiting == 1);
        permits.ForEach(permit => permit.Dispose());

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("pixels", fault.Status.Detail, StringComparison.Ordinal);
        await Eventually.UntilAsync(() => Gate.InUse == 0);
    }

    private async Task<List<BodyGate.Permit>> TakeAllAsync()
    {
        List<BodyGate.Permit> permits = [];
        for (var permit = 0; permit < Environment.ProcessorCount; permit++)
        {
            permits.Add(await Gate.EnterAsync(CancellationToken.None));
        }

        return permits;
    }

    private async Task<int> SendAsync(string path, byte[] body, string encoding, string timeout = "30")
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        content.Headers.Add("timeout", timeout);
        if (encoding.Length > 0)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        using var answer = await _service.Client.PostAsync(path, content);
        return (int)answer.StatusCode;
    }

    private static byte[] Encode(string body, string encoding)
    {
        using var encoded = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(encoded, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(encoded, CompressionLevel.Optimal, leaveOpen: true),
            _ => encoded,
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(body));
        }

        return encoded.ToArray();
    }
}

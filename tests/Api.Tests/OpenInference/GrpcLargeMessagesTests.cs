using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>Several large messages share a connection.</summary>
public sealed class GrpcLargeMessagesTests : IDisposable
{
    private const int Calls = 4;
    private const int Large = 2_000_000;

    private readonly ServiceWith _service;
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public GrpcLargeMessagesTests()
    {
        var address = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        _service = new ServiceWith(("Load:MaxBodyBytes", "100000000"), ("Grpc:Url", address));
        _ = _service.Client; // starts it
        _channel = GrpcChannel.ForAddress(address);
        _client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _service.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EachIsAnswered(bool isPacked)
    {
        var noise = new byte[Large];
        new Random(3).NextBytes(noise);
        var request = new ModelInferRequest
        {
            ModelName = "mnist",
            RawInputContents = { ByteString.CopyFrom(noise) },
        };
        var headers = new Metadata();
        if (isPacked)
        {
            headers.Add("grpc-internal-encoding-request", "gzip");
        }

        var faults = await Task.WhenAll(Enumerable.Range(0, Calls).Select(
            _ => Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(request, headers))));

        Assert.All(faults, fault => Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode));
        Assert.All(faults, fault => Assert.Contains("0 inputs", fault.Status.Detail, StringComparison.Ordinal));
    }
}

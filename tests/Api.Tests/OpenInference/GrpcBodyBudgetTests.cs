using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>gRPC's messages count in the memory for bodies, as they come and as what they inflate to.</summary>
public sealed class GrpcBodyBudgetTests : IDisposable
{
    private readonly ServiceWith _service;
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public GrpcBodyBudgetTests()
    {
        var address = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        _service = new ServiceWith(("Load:MaxBodyBytes", "1000000"), ("Grpc:Url", address));
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
    [InlineData(false, 300_000, StatusCode.InvalidArgument, "0 inputs")]
    [InlineData(true, 300_000, StatusCode.InvalidArgument, "0 inputs")]
    [InlineData(false, 600_000, StatusCode.ResourceExhausted, "Load:MaxBodyBytes")]
    [InlineData(true, 600_000, StatusCode.ResourceExhausted, "Load:MaxBodyBytes")]
    public async Task AMessageThatCouldNeverFitIsRejected(bool isPacked, int size, StatusCode status, string mention)
    {
        var request = new ModelInferRequest
        {
            ModelName = "mnist",
            RawInputContents = { ByteString.CopyFrom(new byte[size]) },
        };
        var headers = new Metadata();
        if (isPacked)
        {
            headers.Add("grpc-internal-encoding-request", "gzip");
        }

        var fault = await Assert.ThrowsAsync<RpcException>(
            async () => await _client.ModelInferAsync(request, headers));

        Assert.Equal(status, fault.StatusCode);
        Assert.Contains(mention, fault.Status.Detail, StringComparison.Ordinal);
        await UntilNothingIsReservedAsync();
    }

    /// <summary>Each number of one byte takes eight once it is read.</summary>
    [Theory]
    [InlineData(10_000, StatusCode.InvalidArgument, "FP32")]
    [InlineData(200_000, StatusCode.ResourceExhausted, "Load:MaxBodyBytes")]
    public async Task NumbersThatTakeMoreMemoryThanBytesAreCounted(int count, StatusCode status, string mention)
    {
        var request = new ModelInferRequest
        {
            ModelName = "mnist",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "image",
                    Datatype = "INT64",
                    Shape = { count },
                    Contents = new InferTensorContents { Int64Contents = { new long[count] } },
                },
            },
        };
        Assert.True(request.CalculateSize() < count + 100);

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(request));

        Assert.Equal(status, fault.StatusCode);
        Assert.Contains(mention, fault.Status.Detail, StringComparison.Ordinal);
        await UntilNothingIsReservedAsync();
    }

    private Task UntilNothingIsReservedAsync() => Eventually.UntilAsync(
        () => _service.Services.GetRequiredService<BodyBudget>().Bytes.Reserved == 0);
}

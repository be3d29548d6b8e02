using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>What a message of gRPC may become in memory is known before it is parsed.</summary>
[Collection(nameof(SmallModelService))]
public sealed class GrpcMessageLimitsTests(SmallModelService service)
{
    private const string Service = "inference.GRPCInferenceService";
    private const int Many = 150_000;

    [Theory]
    [InlineData("inputs")]
    [InlineData("outputs")]
    [InlineData("parameters")]
    [InlineData("raw")]
    [InlineData("elements")]
    [InlineData("unknown")]
    public async Task AMessageOfManySmallPartsIsRejected(string kind)
    {
        var request = new ModelInferRequest { ModelName = "plain" };
        byte[] rest = [];
        switch (kind)
        {
            case "inputs":
                request.Inputs.AddRange(Enumerable.Repeat(new ModelInferRequest.Types.InferInputTensor(), Many));
                break;
            case "outputs":
                request.Outputs.AddRange(
                    Enumerable.Repeat(new ModelInferRequest.Types.InferRequestedOutputTensor(), Many));
                break;
            case "parameters":
                for (var i = 0; i < 60_000; i++)
                {
                    request.Parameters[$"{i:x}"] = new InferParameter();
                }

                break;
            case "raw":
                request.RawInputContents.AddRange(Enumerable.Repeat(ByteString.Empty, Many));
                break;
            case "elements":
                var input = InferMessages.Input("image", "BYTES", [1]);
                input.Contents = new InferTensorContents();
                input.Contents.BytesContents.AddRange(Enumerable.Repeat(ByteString.Empty, Many));
                request.Inputs.Add(input);
                break;
            default:
                rest = [.. Enumerable.Range(1000, Many).SelectMany(number => GrpcCall.Field(number))];
                break;
        }

        byte[] message = [.. request.ToByteArray(), .. rest];
        AssertHasTooManyFields(await CallAsync(Service, "ModelInfer", message));
        Assert.True(MessageWeight.Of(new(message), isInference: true).Fields > 100_000);
    }

    [Fact]
    public async Task OtherMessagesAreWeighedToo()
    {
        byte[] unknown = [.. Enumerable.Range(1000, Many).SelectMany(number => GrpcCall.Field(number))];

        AssertHasTooManyFields(await CallAsync(Service, "ModelReady", unknown));
    }

    [Fact]
    public void NumbersWeighWhatTheyTakeBeyondTheirOwnBytes()
    {
        var input = InferMessages.Input("pixels", "INT64", [1, 4]);
        input.Contents = new InferTensorContents();
        input.Contents.Int64Contents.AddRange(Enumerable.Repeat(1L, 1000));
        input.Contents.UintContents.AddRange(Enumerable.Repeat(1u, 1000));
        input.Contents.Fp32Contents.AddRange(Enumerable.Repeat(1f, 1000));
        var request = new ModelInferRequest { ModelName = "plain", Inputs = { input } };

        var weight = MessageWeight.Of(new(request.ToByteArray()), isInference: true);

        Assert.Equal((7 * 1000) + (3 * 1000) + (7 * 2), weight.NumberBytes);
        Assert.InRange(weight.Fields, 4, 10);
    }

    [Theory]
    [InlineData("grpc.health.v1.Health", "Check")]
    [InlineData("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo")]
    public async Task HealthAndReflectionTakeSmallMessages(string grpcService, string method) =>
        Assert.Equal(
            StatusCode.ResourceExhausted, (await CallAsync(grpcService, method, new byte[100_000])).StatusCode);

    private static void AssertHasTooManyFields(Status status)
    {
        Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
        Assert.Contains("more than 100000 fields", status.Detail, StringComparison.Ordinal);
    }

    /// <summary>Sends the bytes as they are, and returns why the call fails.</summary>
    private async Task<Status> CallAsync(string grpcService, string method, byte[] message)
    {
        _ = service.Client; // starts it
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress);
        var bytes = Marshallers.Create<byte[]>(value => value, value => value);
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(
            new Method<byte[], byte[]>(MethodType.Unary, grpcService, method, bytes, bytes),
            host: null,
            new CallOptions(deadline: DateTime.UtcNow.AddSeconds(30)),
            message);
        return (await Assert.ThrowsAsync<RpcException>(async () => await call)).Status;
    }
}

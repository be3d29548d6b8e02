using Google.Protobuf;
using Grpc.Core;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>What a message of gRPC may become in memory is known before it is parsed.</summary>
[Collection(nameof(SmallModelService))]
public sealed class GrpcMessageLimitsTests(SmallModelService service)
{
    private const int ResourceExhausted = 8;
    private const int Many = 150_000; // within the first window of HTTP/2

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
        Assert.Equal((200, (int)StatusCode.InvalidArgument), await CallAsync("ModelInfer", message));
        Assert.True(MessageWeight.Of(new(message), isInference: true).Fields > 100_000);
    }

    [Fact]
    public async Task OtherMessagesAreWeighedToo()
    {
        byte[] unknown = [.. Enumerable.Range(1000, Many).SelectMany(number => GrpcCall.Field(number))];

        Assert.Equal((200, (int)StatusCode.InvalidArgument), await CallAsync("ModelReady", unknown));
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
    [InlineData("/grpc.health.v1.Health/Check")]
    [InlineData("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")]
    public async Task HealthAndReflectionTakeSmallMessages(string path) =>
        Assert.Equal((200, ResourceExhausted), await CallAsync(path, new byte[100_000]));

    private async Task<(int? Status, int? GrpcStatus)> CallAsync(string method, byte[] message)
    {
        _ = service.Client; // starts it
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await RawConnection.OpenAsync(new Uri(service.GrpcAddress).Port, limit.Token);
        var path = method.StartsWith('/') ? method : $"/inference.GRPCInferenceService/{method}";
        var answer = await connection.CallAsync(
            GrpcCall.Connection(path, GrpcCall.Framed(message)), mayBeIncomplete: false, limit.Token);
        return (answer?.Status, answer?.GrpcStatus);
    }
}

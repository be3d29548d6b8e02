using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>What inference over gRPC rejects, and with which status.</summary>
[Collection(nameof(SmallModelService))]
public sealed class ModelInferFaultTests : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public ModelInferFaultTests(SmallModelService service)
    {
        _channel = service.OpenChannel();
        _client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task RawAndTypedContentsDoNotMix()
    {
        var request = InferMessages.Raw("plain", [1, 4], InferCalls.Bytes(3, 1, 2, 9));
        request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { 1, 2, 3, 4 } };

        await RpcFault.AssertAsync(StatusCode.InvalidArgument, _client.ModelInferAsync(request), "raw_input_contents");
    }

    public static TheoryData<string, StatusCode, string> Faults => new()
    {
        { "input", StatusCode.InvalidArgument, "'pixel'" },
        { "datatype", StatusCode.InvalidArgument, "FP64" },
        { "shape", StatusCode.InvalidArgument, "[N, 4]" },
        { "negative", StatusCode.InvalidArgument, "-1" },
        { "empty", StatusCode.InvalidArgument, "at least one" },
        { "many", StatusCode.ResourceExhausted, "Limits:MaxImagesPerRequest" },
        { "short", StatusCode.InvalidArgument, "3" },
        { "typed", StatusCode.InvalidArgument, "fp32_contents" },
        { "output", StatusCode.InvalidArgument, "'score'" },
        { "temperature", StatusCode.InvalidArgument, "temperature" },
        { "classification", StatusCode.InvalidArgument, "classification" },
        { "raw", StatusCode.InvalidArgument, "raw_input_contents" },
        { "image", StatusCode.InvalidArgument, "PNG" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task AFaultHasItsStatusAndItsReason(string what, StatusCode status, string mention)
    {
        var request = InferMessages.Typed("plain", [1, 4], 3, 1, 2, 9);
        var input = request.Inputs[0];
        switch (what)
        {
            case "input":
                input.Name = "pixel";
                break;
            case "datatype":
                input.Datatype = "FP64";
                break;
            case "shape":
                input.Shape[1] = 5;
                break;
            case "negative":
                input.Shape[0] = -1;
                break;
            case "empty":
                input.Shape[0] = 0;
                break;
            case "many":
                input.Shape[0] = 9;
                break;
            case "short":
                input.Contents.Fp32Contents.RemoveAt(0);
                break;
            case "typed":
                input.Contents = new InferTensorContents { Fp64Contents = { 1, 2, 3, 4 } };
                break;
            case "output":
                request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "score" });
                break;
            case "temperature":
                request.Parameters["temperature"] = new InferParameter { DoubleParam = 0 };
                break;
            case "classification":
                request.Outputs.Add(InferMessages.Classified("scores", -1));
                break;
            case "raw":
                request.Inputs[0].Contents = null;
                request.RawInputContents.Add([ByteString.Empty, ByteString.Empty]);
                break;
            case "image":
                request = new ModelInferRequest
                {
                    ModelName = "mnist",
                    Inputs = { InferMessages.Input("image", "BYTES", [1]) },
                };
                request.Inputs[0].Contents = new InferTensorContents
                {
                    BytesContents = { ByteString.CopyFromUtf8("no image") },
                };
                break;
        }

        await RpcFault.AssertAsync(status, _client.ModelInferAsync(request), mention);
    }

    [Fact]
    public async Task NonFiniteScoresAreAFaultButRawOutputsAreNot()
    {
        var request = InferMessages.Raw("many", [1, 4], InferCalls.Bytes(float.NaN, 1, 2, 3));
        await RpcFault.AssertAsync(StatusCode.InvalidArgument, _client.ModelInferAsync(request), "NaN");

        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "logs" });
        Assert.True(
            float.IsNaN(
                InferCalls.Floats((await _client.ModelInferAsync(request)).RawOutputContents[0].ToByteArray())[0]));
    }

    [Fact]
    public async Task AMessageOverTheLimitIsRejectedCompressedOrNot()
    {
        var request = InferMessages.Raw("plain", [1, 4], new byte[3_000_000]);

        await RpcFault.AssertAsync(
            StatusCode.ResourceExhausted, _client.ModelInferAsync(request), "message exceeds");
        await RpcFault.AssertAsync(
            StatusCode.ResourceExhausted,
            _client.ModelInferAsync(request, new Metadata { { "grpc-internal-encoding-request", "gzip" } }),
            "Limits:MaxDecompressedBytes");
    }

    [Fact]
    public async Task AnExceededDeadlineIsReported() =>
        await RpcFault.AssertAsync(
            StatusCode.DeadlineExceeded,
            _client.ModelInferAsync(
                InferMessages.Raw("plain", [1, 4], InferCalls.Bytes(3, 1, 2, 9)),
                deadline: DateTime.UtcNow),
            "");
}

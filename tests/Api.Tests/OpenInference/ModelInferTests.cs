using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>Inference over gRPC, with a client generated from the protocol's .proto.</summary>
[Collection(nameof(SmallModelService))]
public sealed class ModelInferTests : IDisposable
{
    private readonly SmallModelService _service;
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public ModelInferTests(SmallModelService service)
    {
        _service = service;
        _channel = service.OpenChannel();
        _client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task RawContentsGetRawContents()
    {
        var answer = await _client.ModelInferAsync(InferMessages.Raw("plain", [1, 4], InferCalls.Bytes(3, 1, 2, 9)));

        Assert.Equal(("plain", "10", ""), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Equal(["scores", "logits", "probabilities"], answer.Outputs.Select(output => output.Name));
        Assert.All(answer.Outputs, output => Assert.Equal(("FP32", 2L), (output.Datatype, output.Shape.Count)));
        Assert.All(answer.Outputs, output => Assert.Null(output.Contents));
        Assert.Equal([3f, 1f, 2f], InferCalls.Floats(answer.RawOutputContents[1].ToByteArray()));
    }

    [Fact]
    public async Task TypedContentsGetTypedContents()
    {
        var request = InferMessages.Typed("plain", [2, 4], 3, 1, 2, 9, 4, 5, 6, 9);
        request.Id = "x7";
        request.ModelVersion = "1";
        var answer = await _client.ModelInferAsync(request);

        Assert.Equal(("1", "x7"), (answer.ModelVersion, answer.Id));
        Assert.Empty(answer.RawOutputContents);
        Assert.Equal([2L, 3L], answer.Outputs[1].Shape);
        Assert.Equal([3f, 1f, 2f, 4f, 5f, 6f], answer.Outputs[1].Contents.Fp32Contents);
    }

    [Fact]
    public async Task EveryDatatypeOfAnOutputHasItsContents()
    {
        var request = InferMessages.Typed("many", [1, 4], 3, 1, 2, 9);
        request.Outputs.Add(
            new[] { "winner", "positive", "logits" }.Select(
                name => new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name }));
        var answer = await _client.ModelInferAsync(request);

        Assert.Equal([0L], answer.Outputs[0].Contents.Int64Contents);
        Assert.Equal([true, true, true], answer.Outputs[1].Contents.BoolContents);
    }

    [Fact]
    public async Task SixteenBitFloatsAreAlwaysRaw()
    {
        var answer = await _client.ModelInferAsync(InferMessages.Typed("many", [1, 4], 3, 1, 2, 9));

        Assert.Equal(answer.Outputs.Count, answer.RawOutputContents.Count);
        Assert.Equal((Half)3f, MemoryMarshal.Cast<byte, Half>(answer.RawOutputContents[0].Span)[0]);
        Assert.All(answer.Outputs, output => Assert.Null(output.Contents));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ImagesAreBytes(bool raw)
    {
        var request = new ModelInferRequest
        {
            ModelName = "mnist",
            Inputs = { InferMessages.Input("image", "BYTES", [2]) },
            Outputs = { InferMessages.Classified("probabilities", 2) },
        };
        if (raw)
        {
            request.RawInputContents.Add(
                ByteString.CopyFrom(TensorElements.Of(RunningService.Seven, RunningService.Three)));
        }
        else
        {
            request.Inputs[0].Contents = new InferTensorContents
            {
                BytesContents =
                {
                    ByteString.CopyFrom(RunningService.Seven),
                    ByteString.CopyFrom(RunningService.Three),
                },
            };
        }

        var answer = await _client.ModelInferAsync(request);
        string[] texts = raw
            ? InferCalls.Texts(answer.RawOutputContents[0].ToByteArray())
            : [.. answer.Outputs[0].Contents.BytesContents.Select(text => text.ToStringUtf8())];

        Assert.Equal("BYTES", answer.Outputs[0].Datatype);
        Assert.Equal([2L, 2L], answer.Outputs[0].Shape);
        Assert.Equal(["7", "3"], [texts[0].Split(':')[2], texts[2].Split(':')[2]]);
    }

    public static TheoryData<string> Temperatures => ["double", "string", "int64", "uint64"];

    [Theory]
    [MemberData(nameof(Temperatures))]
    public async Task TheTemperatureMayBeAnyNumber(string kind)
    {
        var request = InferMessages.Typed("many", [1, 4], 3, 1, 2, 9);
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probabilities" });
        var calibrated = (await _client.ModelInferAsync(request)).Outputs[0].Contents.Fp32Contents[0];
        request.Parameters["temperature"] = kind switch
        {
            "double" => new InferParameter { DoubleParam = 4 },
            "string" => new InferParameter { StringParam = "4.0" },
            "int64" => new InferParameter { Int64Param = 4 },
            _ => new InferParameter { Uint64Param = 4 },
        };
        var answer = await _client.ModelInferAsync(request);

        Assert.Equal(1 / (1 + Math.Exp(-0.5) + Math.Exp(-0.25)), answer.Outputs[0].Contents.Fp32Contents[0], 1e-6);
        Assert.Equal(4.0, answer.Parameters["temperature"].DoubleParam);
        Assert.Equal(1 / (1 + Math.Exp(-1) + Math.Exp(-0.5)), calibrated, 1e-6);
    }

    [Fact]
    public async Task UnusedFieldsOfTheProtocolAreIgnored()
    {
        var request = InferMessages.Typed("plain", [1, 4], 3, 1, 2, 9);
        request.Parameters["sequence_id"] = new InferParameter { Int64Param = 1 };
        request.Parameters["priority"] = new InferParameter { Uint64Param = 1 };
        request.Parameters["triton_enable_empty_final_response"] = new InferParameter { BoolParam = true };
        request.Inputs[0].Parameters["content_type"] = new InferParameter { StringParam = "np" };

        Assert.Equal(3, (await _client.ModelInferAsync(request)).Outputs.Count);
    }

    [Fact]
    public async Task ACompressedMessageIsRead()
    {
        var answer = await _client.ModelInferAsync(
            InferMessages.Raw("plain", [1, 4], InferCalls.Bytes(3, 1, 2, 9)),
            new Metadata { { "grpc-internal-encoding-request", "gzip" } });

        Assert.Equal([3f, 1f, 2f], InferCalls.Floats(answer.RawOutputContents[1].ToByteArray()));
    }

    /// <summary>The bytes of the protocol with its field numbers, as clients in all languages send them.</summary>
    [Fact]
    public async Task TheWireFormatIsTheProtocols()
    {
        // model_name = 1; inputs = 5 { name = 1, datatype = 2, shape = 3 (packed) }; outputs = 6 { name = 1 };
        // raw_input_contents = 7.
        byte[] input = [.. GrpcCall.Field(1, "pixels"), .. GrpcCall.Field(2, "FP32"), .. GrpcCall.Field(3, 1, 4)];
        byte[] message =
        [
            .. GrpcCall.Field(1, "plain"),
            .. GrpcCall.Field(5, input),
            .. GrpcCall.Field(6, GrpcCall.Field(1, "logits")),
            .. GrpcCall.Field(7, InferCalls.Bytes(3, 1, 2, 9)),
        ];
        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var content = new ByteArrayContent([0, 0, 0, 0, (byte)message.Length, .. message]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var response = await client.PostAsync(
            $"{_service.GrpcAddress}/inference.GRPCInferenceService/ModelInfer",
            content);
        var answer = await response.Content.ReadAsByteArrayAsync();

        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        // model_name = 1; model_version = 2; parameters = 4; outputs = 5; raw_output_contents = 6.
        Assert.Equal((byte[])[.. GrpcCall.Field(1, "plain"), .. GrpcCall.Field(2, "10")], answer[5..16]);
        Assert.Equal(GrpcCall.Field(6, InferCalls.Bytes(3, 1, 2)), answer[^14..]);
        Assert.Contains("logits", Encoding.Latin1.GetString(answer), StringComparison.Ordinal);
    }
}

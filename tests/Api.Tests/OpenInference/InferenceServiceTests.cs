using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>The protocol over gRPC, with a client generated from its .proto.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferenceServiceTests : IDisposable
{
    private readonly SmallModelService _service;
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public InferenceServiceTests(SmallModelService service)
    {
        _service = service;
        _ = service.Client; // starts it
        _channel = GrpcChannel.ForAddress(service.GrpcAddress, new GrpcChannelOptions { MaxSendMessageSize = null });
        _client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task TheServerIsLiveReadyAndHasAName()
    {
        Assert.True((await _client.ServerLiveAsync(new())).Live);
        Assert.True((await _client.ServerReadyAsync(new())).Ready);
        Assert.True((await _client.ModelReadyAsync(new() { Name = "mnist" })).Ready);
        Assert.True((await _client.ModelReadyAsync(new() { Name = "plain", Version = "10" })).Ready);
        var server = await _client.ServerMetadataAsync(new());
        Assert.Equal("softmax-service", server.Name);
        Assert.Equal(["binary_tensor_data", "classification", "model_repository"], server.Extensions);
    }

    [Fact]
    public async Task AModelListsItsVersionsInputsAndOutputs()
    {
        var model = await _client.ModelMetadataAsync(new() { Name = "plain" });

        Assert.Equal(("plain", "onnxruntime_onnx"), (model.Name, model.Platform));
        Assert.Equal(["1", "10"], model.Versions);
        Assert.Equal(
            """{ "name": "pixels", "datatype": "FP32", "shape": [ "-1", "4" ] }""",
            Assert.Single(model.Inputs).ToString());
        Assert.Equal(["scores", "logits", "probabilities"], model.Outputs.Select(output => output.Name));
    }

    [Fact]
    public async Task AMissingResourceIsNotFound()
    {
        await AssertFaultAsync(StatusCode.NotFound, _client.ModelReadyAsync(new() { Name = "cats" }), "cats");
        await AssertFaultAsync(
            StatusCode.NotFound,
            _client.ModelMetadataAsync(new() { Name = "plain", Version = "3" }),
            "1, 10");
        await AssertFaultAsync(StatusCode.NotFound, _client.ModelInferAsync(new() { ModelName = "cats" }), "cats");
    }

    [Fact]
    public async Task RawContentsGetRawContents()
    {
        var answer = await _client.ModelInferAsync(Raw("plain", [1, 4], InferCalls.Bytes(3, 1, 2, 9)));

        Assert.Equal(("plain", "10", ""), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Equal(["scores", "logits", "probabilities"], answer.Outputs.Select(output => output.Name));
        Assert.All(answer.Outputs, output => Assert.Equal(("FP32", 2L), (output.Datatype, output.Shape.Count)));
        Assert.All(answer.Outputs, output => Assert.Null(output.Contents));
        Assert.Equal([3f, 1f, 2f], InferCalls.Floats(answer.RawOutputContents[1].ToByteArray()));
    }

    [Fact]
    public async Task TypedContentsGetTypedContents()
    {
        var request = Typed("plain", [2, 4], 3, 1, 2, 9, 4, 5, 6, 9);
        request.Id = "x7";
        request.ModelVersion = "1";
        var answer = await _client.ModelInferAsync(request);

        Assert.Equal(("1", "x7"), (answer.ModelVersion, answer.Id));
        Assert.Empty(answer.RawOutputContents);
        Assert.Equal([2L, 3L], answer.Outputs[1].Shape);
        Assert.Equal([3f, 1f, 2f, 4f, 5f, 6f], answer.Outputs[1].Contents.Fp32Contents);
    }

    [Fact]
    public async Task RawAndTypedContentsDoNotMix()
    {
        var request = Raw("plain", [1, 4], InferCalls.Bytes(3, 1, 2, 9));
        request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { 1, 2, 3, 4 } };

        await AssertFaultAsync(StatusCode.InvalidArgument, _client.ModelInferAsync(request), "raw_input_contents");
    }

    [Fact]
    public async Task EveryDatatypeOfAnOutputHasItsContents()
    {
        var request = Typed("many", [1, 4], 3, 1, 2, 9);
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
        var answer = await _client.ModelInferAsync(Typed("many", [1, 4], 3, 1, 2, 9));

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
            Inputs = { Input("image", "BYTES", [2]) },
            Outputs = { Classified("probabilities", 2) },
        };
        if (raw)
        {
            request.RawInputContents.Add(
                ByteString.CopyFrom(InferCalls.Elements(RunningService.Seven, RunningService.Three)));
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
        var request = Typed("many", [1, 4], 3, 1, 2, 9);
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
        var request = Typed("plain", [1, 4], 3, 1, 2, 9);
        request.Parameters["sequence_id"] = new InferParameter { Int64Param = 1 };
        request.Parameters["priority"] = new InferParameter { Uint64Param = 1 };
        request.Parameters["triton_enable_empty_final_response"] = new InferParameter { BoolParam = true };
        request.Inputs[0].Parameters["content_type"] = new InferParameter { StringParam = "np" };

        Assert.Equal(3, (await _client.ModelInferAsync(request)).Outputs.Count);
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
        var request = Typed("plain", [1, 4], 3, 1, 2, 9);
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
                request.Outputs.Add(Classified("scores", -1));
                break;
            case "raw":
                request.Inputs[0].Contents = null;
                request.RawInputContents.Add([ByteString.Empty, ByteString.Empty]);
                break;
            case "image":
                request = new ModelInferRequest { ModelName = "mnist", Inputs = { Input("image", "BYTES", [1]) } };
                request.Inputs[0].Contents = new InferTensorContents
                {
                    BytesContents = { ByteString.CopyFromUtf8("no image") },
                };
                break;
        }

        await AssertFaultAsync(status, _client.ModelInferAsync(request), mention);
    }

    [Fact]
    public async Task NonFiniteScoresAreAFaultButRawOutputsAreNot()
    {
        var request = Raw("many", [1, 4], InferCalls.Bytes(float.NaN, 1, 2, 3));
        await AssertFaultAsync(StatusCode.InvalidArgument, _client.ModelInferAsync(request), "NaN");

        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "logs" });
        Assert.True(
            float.IsNaN(
                InferCalls.Floats((await _client.ModelInferAsync(request)).RawOutputContents[0].ToByteArray())[0]));
    }

    [Fact]
    public async Task AMessageOverTheLimitIsRejectedCompressedOrNot()
    {
        var request = Raw("plain", [1, 4], new byte[3_000_000]);

        await AssertFaultAsync(StatusCode.ResourceExhausted, _client.ModelInferAsync(request), "message exceeds");
        await AssertFaultAsync(
            StatusCode.ResourceExhausted,
            _client.ModelInferAsync(request, new Metadata { { "grpc-internal-encoding-request", "gzip" } }),
            "Limits:MaxDecompressedBytes");
    }

    [Fact]
    public async Task ManyMessagesMayTogetherExceedTheLimitOfABody()
    {
        const int count = 300;
        var request = new ServerReflectionRequest { FileByFilename = new string('x', 10_000) };
        using var call = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();

        for (var i = 0; i < count; i++)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext(default));
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default));
    }

    [Fact]
    public async Task ACompressedMessageIsRead()
    {
        var answer = await _client.ModelInferAsync(
            Raw("plain", [1, 4], InferCalls.Bytes(3, 1, 2, 9)),
            new Metadata { { "grpc-internal-encoding-request", "gzip" } });

        Assert.Equal([3f, 1f, 2f], InferCalls.Floats(answer.RawOutputContents[1].ToByteArray()));
    }

    [Fact]
    public async Task AnExceededDeadlineIsReported() =>
        await AssertFaultAsync(
            StatusCode.DeadlineExceeded,
            _client.ModelInferAsync(Raw("plain", [1, 4], InferCalls.Bytes(3, 1, 2, 9)), deadline: DateTime.UtcNow),
            "");

    [Fact]
    public async Task TheIndexListsWhatIsServedAndWhatIsNot()
    {
        var all = await _client.RepositoryIndexAsync(new());
        var ready = await _client.RepositoryIndexAsync(new() { Ready = true });

        Assert.Contains(all.Models, entry => entry is { Name: "mnist", Version: "1", State: "READY", Reason: "" });
        Assert.Contains(all.Models, entry => entry is { Name: "broken", State: "UNAVAILABLE", Reason.Length: > 0 });
        Assert.DoesNotContain(ready.Models, entry => entry.Name == "broken");
    }

    [Fact]
    public async Task LoadingAndUnloadingAreOffByDefault()
    {
        await AssertFaultAsync(
            StatusCode.PermissionDenied,
            _client.RepositoryModelLoadAsync(new() { ModelName = "mnist" }),
            "Models:AllowLoadUnload");
        await AssertFaultAsync(
            StatusCode.PermissionDenied,
            _client.RepositoryModelUnloadAsync(new() { ModelName = "mnist" }),
            "Models:AllowLoadUnload");
    }

    [Fact]
    public async Task ReflectionListsTheServices()
    {
        using var call = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(default));

        Assert.Superset(
            new HashSet<string> { "inference.GRPCInferenceService", "grpc.health.v1.Health" },
            call.ResponseStream.Current.ListServicesResponse.Service.Select(entry => entry.Name).ToHashSet());
        await call.RequestStream.CompleteAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("inference.GRPCInferenceService")]
    public async Task HealthIsThatOfTheModels(string name)
    {
        var health = await new Health.HealthClient(_channel).CheckAsync(new HealthCheckRequest { Service = name });

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
    }

    [Fact]
    public async Task WithoutModelsHealthSaysSo()
    {
        using var folder = new TemporaryFolder();
        var address = $"http://127.0.0.1:{SmallModelService.FreePort()}";
        using var empty = new ServiceWith(("Models:Folder", folder.Path), ("Grpc:Url", address));
        _ = empty.Client;
        using var channel = GrpcChannel.ForAddress(address);

        var patient = new CallOptions(deadline: DateTime.UtcNow.AddSeconds(10)).WithWaitForReady();
        Assert.Equal(
            HealthCheckResponse.Types.ServingStatus.NotServing,
            (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), patient)).Status);
        Assert.False(
            (await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ServerReadyAsync(new(), patient)).Ready
        );
    }

    /// <summary>The bytes of the protocol with its field numbers, as clients in all languages send them.</summary>
    [Fact]
    public async Task TheWireFormatIsTheProtocols()
    {
        // model_name = 1; inputs = 5 { name = 1, datatype = 2, shape = 3 (packed) }; outputs = 6 { name = 1 };
        // raw_input_contents = 7.
        byte[] input = [.. Field(1, "pixels"u8), .. Field(2, "FP32"u8), .. Field(3, [1, 4])];
        byte[] message =
        [
            .. Field(1, "plain"u8),
            .. Field(5, input),
            .. Field(6, Field(1, "logits"u8)),
            .. Field(7, InferCalls.Bytes(3, 1, 2, 9)),
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
        Assert.Equal((byte[])[.. Field(1, "plain"u8), .. Field(2, "10"u8)], answer[5..16]);
        Assert.Equal(Field(6, InferCalls.Bytes(3, 1, 2)), answer[^14..]);
        Assert.Contains("logits", Encoding.Latin1.GetString(answer), StringComparison.Ordinal);
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> value) =>
        [(byte)((number << 3) | 2), (byte)value.Length, .. value];

    private static ModelInferRequest Raw(string model, long[] shape, byte[] content) =>
        new()
        {
            ModelName = model,
            Inputs = { Input("pixels", "FP32", shape) },
            RawInputContents = { ByteString.CopyFrom(content) },
        };

    private static ModelInferRequest Typed(string model, long[] shape, params float[] values)
    {
        var request = new ModelInferRequest { ModelName = model, Inputs = { Input("pixels", "FP32", shape) } };
        request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { values } };
        return request;
    }

    private static ModelInferRequest.Types.InferInputTensor Input(string name, string datatype, long[] shape) =>
        new()
        {
            Name = name,
            Datatype = datatype,
            Shape = { shape },
        };

    private static ModelInferRequest.Types.InferRequestedOutputTensor Classified(string name, long count) =>
        new() { Name = name, Parameters = { ["classification"] = new InferParameter { Int64Param = count } } };

    private static async Task AssertFaultAsync<T>(StatusCode status, AsyncUnaryCall<T> call, string mention)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await call);

        Assert.Equal(status, fault.StatusCode);
        Assert.Contains(mention, fault.Status.Detail, StringComparison.Ordinal);
    }
}

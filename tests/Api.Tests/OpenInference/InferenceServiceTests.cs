using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>Everything of the protocol over gRPC but inference, with a client generated from its .proto.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferenceServiceTests : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public InferenceServiceTests(SmallModelService service)
    {
        _channel = service.OpenChannel();
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
        await RpcFault.AssertAsync(StatusCode.NotFound, _client.ModelReadyAsync(new() { Name = "cats" }), "cats");
        await RpcFault.AssertAsync(
            StatusCode.NotFound,
            _client.ModelMetadataAsync(new() { Name = "plain", Version = "3" }),
            "1, 10");
        await RpcFault.AssertAsync(StatusCode.NotFound, _client.ModelInferAsync(new() { ModelName = "cats" }), "cats");
    }

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
        await RpcFault.AssertAsync(
            StatusCode.PermissionDenied,
            _client.RepositoryModelLoadAsync(new() { ModelName = "mnist" }),
            "Models:AllowLoadUnload");
        await RpcFault.AssertAsync(
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
}

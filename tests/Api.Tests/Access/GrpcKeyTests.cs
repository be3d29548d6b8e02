using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.Access;

/// <summary>The keys of callers over gRPC.</summary>
[Collection(nameof(KeyedService))]
public sealed class GrpcKeyTests(KeyedService service)
{
    [Fact]
    public async Task GrpcTakesTheSameKeys()
    {
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, Task>[] inferring =
        [
            async (client, key) => await client.ServerMetadataAsync(new ServerMetadataRequest(), key),
            async (client, key) => await client.ModelReadyAsync(new ModelReadyRequest { Name = "plain" }, key),
            async (client, key) => await client.ModelMetadataAsync(new ModelMetadataRequest { Name = "plain" }, key),
            async (client, key) => await client.RepositoryIndexAsync(new RepositoryIndexRequest(), key),
        ];
        foreach (var call in inferring)
        {
            await service.IsAsync(StatusCode.Unauthenticated, null, call);
            await service.IsAsync(StatusCode.Unauthenticated, "guessed", call);
            await service.IsAsync(StatusCode.PermissionDenied, KeyedService.Admin, call);
            await service.IsAsync(StatusCode.OK, KeyedService.Infer, call);
        }

        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, Task>[] loading =
        [
            async (client, key) =>
                await client.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "plain" }, key),
            async (client, key) =>
                await client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "plain" }, key),
        ];
        foreach (var call in loading)
        {
            await service.IsAsync(StatusCode.Unauthenticated, null, call);
            await service.IsAsync(StatusCode.PermissionDenied, KeyedService.Infer, call);
            await service.IsAsync(StatusCode.OK, KeyedService.Admin, call);
        }

        await service.IsAsync(
            StatusCode.Unauthenticated,
            null,
            (client, key) => client.ModelInferAsync(new ModelInferRequest { ModelName = "plain" }, key));
        await service.IsAsync(
            StatusCode.InvalidArgument,
            KeyedService.Infer,
            (client, key) => client.ModelInferAsync(new ModelInferRequest { ModelName = "plain" }, key));
    }

    [Fact]
    public async Task ProbesOverGrpcNeedNoKey()
    {
        await service.IsAsync(
            StatusCode.OK,
            null,
            (client, key) => client.ServerLiveAsync(new ServerLiveRequest(), key));
        await service.IsAsync(
            StatusCode.OK,
            null,
            (client, key) => client.ServerReadyAsync(new ServerReadyRequest(), key));
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress);

        Assert.Equal(
            HealthCheckResponse.Types.ServingStatus.Serving,
            (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status);
    }
}

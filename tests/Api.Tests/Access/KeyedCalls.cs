using Grpc.Core;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.Access;

/// <summary>Calls over gRPC with a key, or with none.</summary>
internal static class KeyedCalls
{
    public static async Task IsAsync<T>(
        this KeyedService service,
        StatusCode status,
        string? key,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, AsyncUnaryCall<T>> call) =>
        Assert.Equal(status, await service.StatusOfAsync(key, call));

    public static async Task IsAsync(
        this KeyedService service,
        StatusCode status,
        string? key,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, Task> call) =>
        Assert.Equal(status, await service.StatusOfAsync(key, call));

    public static Task<StatusCode> StatusOfAsync<T>(
        this KeyedService service,
        string? key,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, AsyncUnaryCall<T>> call) =>
        service.StatusOfAsync(key, async (client, metadata) => await call(client, metadata));

    public static async Task<StatusCode> StatusOfAsync(
        this KeyedService service,
        string? key,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, Task> call)
    {
        _ = service.Client; // starts it
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress);
        try
        {
            await call(
                new GRPCInferenceService.GRPCInferenceServiceClient(channel),
                key is null ? [] : [new Metadata.Entry("x-api-key", key)]);
            return StatusCode.OK;
        }
        catch (RpcException fault)
        {
            return fault.StatusCode;
        }
    }
}

using Grpc.Core;
using SoftmaxService.Api.Access;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary><c>inference.GRPCInferenceService</c>: the same answers as under /v2, as messages of gRPC.</summary>
[BindServiceMethod(typeof(CheckedMessages), nameof(CheckedMessages.Bind))]
internal sealed class InferenceService(
    ModelRepository models, Readiness readiness, ModelsOptions settings, LimitsOptions limits, ImageRates rates)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = readiness.IsReady });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        models.Current.Find(request.Name, NullIfEmpty(request.Version));
        return Task.FromResult(new ModelReadyResponse { Ready = true });
    }

    public override Task<ServerMetadataResponse> ServerMetadata(
        ServerMetadataRequest request, ServerCallContext context)
    {
        var server = ServedModels.Server;
        return Task.FromResult(new ServerMetadataResponse
        {
            Name = server.Name,
            Version = server.Version,
            Extensions = { server.Extensions },
        });
    }

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        var model = ServedModels.Describe(models.Current, request.Name, NullIfEmpty(request.Version));
        return Task.FromResult(new ModelMetadataResponse
        {
            Name = model.Name,
            Versions = { model.Versions },
            Platform = model.Platform,
            Inputs = { model.Inputs.Select(ToMessage) },
            Outputs = { model.Outputs.Select(ToMessage) },
        });
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        using var lease = models.Acquire(request.ModelName, NullIfEmpty(request.ModelVersion));
        var model = lease.Model;
        var http = context.GetHttpContext();
        http.AnsweredBy(model);
        var plan = InferPlan.Resolve(GrpcMessages.Read(request), model, limits);
        http.Features.Get<BodyGate.Permit>()?.Dispose(); // the rest is not reading
        var answer = await ModelInference.AnswerAsync(http, plan, limits, rates, context.CancellationToken);
        return GrpcMessages.Write(answer, asRaw: request.RawInputContents.Count > 0);
    }

    public override Task<RepositoryIndexResponse> RepositoryIndex(
        RepositoryIndexRequest request, ServerCallContext context) =>
        Task.FromResult(new RepositoryIndexResponse
        {
            Models =
        {
            ServedModels.Index(models, request.Ready).Select(entry =>
                new RepositoryIndexResponse.Types.ModelIndex
                {
                    Name = entry.Name,
                    Version = entry.Version,
                    State = entry.State,
                    Reason = entry.Reason,
                }),
        },
        });

    public override async Task<RepositoryModelLoadResponse> RepositoryModelLoad(
        RepositoryModelLoadRequest request, ServerCallContext context)
    {
        await RepositoryAccess.LoadAsync(models, settings, request.ModelName, context.CancellationToken);
        return new RepositoryModelLoadResponse();
    }

    public override Task<RepositoryModelUnloadResponse> RepositoryModelUnload(
        RepositoryModelUnloadRequest request, ServerCallContext context)
    {
        RepositoryAccess.Unload(models, settings, request.ModelName);
        return Task.FromResult(new RepositoryModelUnloadResponse());
    }

    private static ModelMetadataResponse.Types.TensorMetadata ToMessage(TensorMetadata tensor) =>
        new() { Name = tensor.Name, Datatype = tensor.Datatype, Shape = { tensor.Shape } };

    // Messages of gRPC have no null: an empty version is one that was not given.
    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;
}

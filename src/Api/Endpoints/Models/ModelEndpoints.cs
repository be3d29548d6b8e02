using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Api.Endpoints.Models;

/// <summary><c>GET /models…</c>: the models that are served, with their inputs and outputs.</summary>
internal static class ModelEndpoints
{
    private const string SvgType = "image/svg+xml";

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("/models").WithTags("Models");

        models.MapGet("", List)
            .WithName("ListModels")
            .WithSummary("Lists the models")
            .WithDescription(
                "Every version that is served, the default model, the folders that could not be loaded, with the "
                + "reason, and while there are any (`loading`) the versions that are still being loaded.");

        models.MapGet("/{name}", ListVersions)
            .WithName("ListModelVersions")
            .WithSummary("Describes every version of a model")
            .Answers(Problem.ModelNotFound, Problem.ModelLoading);

        models.MapGet("/{name}/{version}", Describe)
            .WithName("DescribeModel")
            .WithSummary("Describes one version of a model")
            .WithDescription(
                "Its labels, how an image becomes its input, what the ONNX graph declares, which of its outputs are "
                + "used, how many images share a run, and its calibration. `sources` says where each field comes "
                + "from, and `warnings` what was assumed and can change answers.")
            .Answers(Problem.ModelNotFound, Problem.VersionNotFound, Problem.ModelLoading);

        models.MapGet("/{name}/{version}/reliability.svg", Reliability)
            .WithName("ShowReliability")
            .WithSummary("Shows a version's reliability diagram")
            .WithDescription(
                "How often the model is right at each confidence, before and after calibration: "
                + "the file that `softmax calibrate` drew.")
            .Produces<string>(StatusCodes.Status200OK, SvgType)
            .Answers(
                Problem.ModelNotFound, Problem.VersionNotFound, Problem.ReliabilityNotFound, Problem.ModelLoading);
    }

    private static PhysicalFileHttpResult Reliability(
        string name, string version, ModelRepository models, HttpResponse response)
    {
        var model = models.Current.Find(name, version);
        // An SVG may hold scripts, and this one came with the model.
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        return model.Reliability is { } file
            ? TypedResults.PhysicalFile(file.FullName, SvgType, lastModified: file.LastWriteTimeUtc)
            : throw new RequestException(
                Problem.ReliabilityNotFound,
                $"Model '{model.Name}' version {model.Version} has no {ClassifierModel.ReliabilityFileName}; "
                + "`softmax calibrate` draws one.");
    }

    private static Ok<ModelListResponse> List(ModelRepository models)
    {
        var catalog = models.Current;
        return TypedResults.Ok(new ModelListResponse(
            catalog.DefaultModel,
            [
                .. catalog.Models.Select(model => new ModelSummary(
                    model.Name,
                    model.Version,
                    model.Manifest.Description,
                    model.ClassCount,
                    model.CalibratedTemperature)),
            ],
            catalog.Failures,
            catalog.Loading.Count > 0 ? catalog.Loading : null));
    }

    private static Ok<ModelVersionsResponse> ListVersions(string name, ModelRepository models) =>
        TypedResults.Ok(new ModelVersionsResponse(name, [.. models.Current.VersionsOf(name).Select(ToResponse)]));

    private static Ok<ModelResponse> Describe(string name, string version, ModelRepository models) =>
        TypedResults.Ok(ToResponse(models.Current.Find(name, version)));

    private static ModelBatching BatchingOf(ClassifierModel model)
    {
        var statistics = model.Statistics;
        return new ModelBatching(
            model.MaxBatchSize, model.BatchingRefusal, statistics.Items, statistics.Runs, statistics.Pending);
    }

    private static ModelResponse ToResponse(ClassifierModel model) => new(
        model.Name,
        model.Version,
        model.Manifest.Description,
        model.Manifest.License,
        model.Input,
        new ModelOutput(
            model.OutputKind,
            model.OutputKindIsDetected ? "detected" : "manifest",
            model.ClassCount,
            model.GraphOutput.Name,
            model.ScoresOutput.Reason),
        new ModelGraph(model.GraphInput, model.GraphOutput, model.GraphOutputs),
        BatchingOf(model),
        model.Notes,
        model.Warnings,
        model.Sources,
        model.Labels,
        model.Manifest.Calibration,
        model.Manifest.Training);
}

/// <summary>Everything that is served, that could not be loaded, and that is still being loaded.</summary>
internal sealed record ModelListResponse(
    string? DefaultModel,
    IReadOnlyList<ModelSummary> Models,
    IReadOnlyList<ModelLoadFailure> Failures,
    IReadOnlyList<ModelIdentity>? Loading);

/// <summary>One version in the list.</summary>
internal sealed record ModelSummary(
    string Name, string Version, string? Description, int ClassCount, float? CalibratedTemperature);

/// <summary>Every version of one model, from the lowest to the highest.</summary>
internal sealed record ModelVersionsResponse(string Name, IReadOnlyList<ModelResponse> Versions);

/// <summary>
/// One version of a model. <c>Sources</c> names for each field of the manifest the file that states it.
/// </summary>
internal sealed record ModelResponse(
    string Name,
    string Version,
    string? Description,
    string? License,
    ImageInput Input,
    ModelOutput Output,
    ModelGraph Graph,
    ModelBatching Batching,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Warnings,
    IReadOnlyDictionary<string, string> Sources,
    IReadOnlyList<string> Labels,
    ManifestCalibration? Calibration,
    JsonElement? Training);

/// <summary>
/// What a model's scores are, whether the manifest states it or the warm-up detected it, and which of the graph's
/// outputs holds them, for what reason.
/// </summary>
internal sealed record ModelOutput(OutputKind Kind, string KindSource, int ClassCount, string Name, string Reason);

/// <summary>What the ONNX graph declares; −1 is an axis of open size.</summary>
internal sealed record ModelGraph(OnnxTensorInfo Input, OnnxTensorInfo Output, IReadOnlyList<OnnxTensorInfo> Outputs);

/// <summary>
/// How many images may share a run, the reason when the limit is 1, and what has been run since the version was loaded.
/// </summary>
internal sealed record ModelBatching(int MaxBatchSize, string? Refusal, long Images, long Runs, long Pending);

using Microsoft.AspNetCore.Http.HttpResults;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary><c>POST /classify</c>: one image or several in, ranked probabilities out.</summary>
internal static class ClassifyEndpoint
{
    public static void MapClassify(this IEndpointRouteBuilder routes) => routes
        .MapPost("/classify", AnswerAsync)
        .DisableAntiforgery()
        .WithName("Classify")
        .WithTags("Classify")
        .WithSummary("Classifies an image, or several")
        .WithDescription(
            "Send one image as the raw body, as a form file, or as base64 in JSON. "
            + "Several form files, or `images` in JSON, are a batch: its results keep the order, "
            + "and an image that cannot be read fails its own entry only. "
            + "Probabilities are softmax(logits / temperature).")
        .Describe(ClassifyDocumentation.Apply, ClassifyParameters.All)
        .Produces<ClassifyResponse>()
        .Answers(
        [
            Problem.InvalidParameter, Problem.NotCalibrated, Problem.MalformedJson, Problem.InvalidForm,
            Problem.ImageEmpty, Problem.ModelNotFound, Problem.VersionNotFound, Problem.BodyTooLarge,
            Problem.ImageTooLarge, Problem.TooManyImages, Problem.AnswerTooLarge, Problem.UnsupportedMediaType,
            Problem.ImageFormatUnsupported, Problem.ImageUndecodable, Problem.ModelOutputNotFinite,
            Problem.ModelRunFailed, .. Problem.OfWork,
        ]);

    private static async Task<Results<ClassifyResponse, EmptyHttpResult, Rejection>> AnswerAsync(
        HttpRequest request,
        ModelRepository models,
        LimitsOptions limits,
        RequestJson json,
        CancellationToken cancellationToken)
    {
        var options = ClassifyParameters.ReadOptions(request);
        using var lease = models.Acquire(
            ClassifyParameters.Model.ReadText(request), ClassifyParameters.Version.ReadText(request));
        var model = lease.Model;
        request.HttpContext.AnsweredBy(model);
        if (model.RejectWhenFull() is { } reason)
        {
            return new Rejection(Problem.Overloaded, reason);
        }

        // Whatever can be rejected is rejected before an image is read, or at the latest before one is decoded.
        var plan = ClassifyParameters.Resolve(options, model);
        using var upload = await ImageUpload.ReadAsync(request, json, limits.MaxImagesPerRequest, cancellationToken);
        var imageCount = upload.Batch?.Count ?? 1;
        AnswerSize.Of(model).Check(limits, imageCount, plan.TopK, hasSet: plan.Quantile is not null);
        if (upload.Batch is { } images)
        {
            var outcomes = ImageClassifier.ClassifyInTurnAsync(plan, images, cancellationToken);
            await ClassifyBatch.SendAsync(request.HttpContext.Response, plan, outcomes, cancellationToken);
            return TypedResults.Empty;
        }

        var answer = await ImageClassifier.ClassifyAsync(plan, upload.Single, cancellationToken);
        return ClassifyResponse.Of(plan, answer);
    }
}

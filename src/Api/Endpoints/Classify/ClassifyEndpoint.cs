using SoftmaxService.Api.Access;
using SoftmaxService.Api.Endpoints.Images;
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
    public static void MapClassify(this IEndpointRouteBuilder routes)
    {
        // Captured: a handler that takes services as parameters opens a scope for each request. With it, the goal for
        // what the most frequent route allocates would be missed (bench/results/layers.md).
        var models = routes.ServiceProvider.GetRequiredService<ModelRepository>();
        var limits = routes.ServiceProvider.GetRequiredService<LimitsOptions>();
        var json = routes.ServiceProvider.GetRequiredService<RequestJson>();
        var rates = routes.ServiceProvider.GetRequiredService<ImageRates>();
        routes
            .MapPost(
                "/classify",
                (HttpRequest request, CancellationToken cancellationToken) =>
                    AnswerAsync(request, models, limits, json, rates, cancellationToken))
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
                Problem.ImageEmpty, Problem.ModelNotFound, Problem.VersionNotFound, Problem.ModelLoading,
                Problem.BodyTooLarge,
                Problem.ImageTooLarge, Problem.TooManyImages, Problem.AnswerTooLarge, Problem.UnsupportedMediaType,
                Problem.ImageFormatUnsupported, Problem.ImageUndecodable, Problem.ModelOutputNotFinite,
                Problem.ModelRunFailed, .. Problem.CommonToAllWork,
            ]);
    }

    private static async Task AnswerAsync(
        HttpRequest request,
        ModelRepository models,
        LimitsOptions limits,
        RequestJson json,
        ImageRates rates,
        CancellationToken cancellationToken)
    {
        var context = request.HttpContext;
        var options = ClassifyParameters.ReadOptions(request);
        using var lease = models.Acquire(
            ClassifyParameters.Model.ReadText(request), ClassifyParameters.Version.ReadText(request));
        var model = lease.Model;
        context.AnsweredBy(model);
        if (model.RejectWhenFull() is { } reason)
        {
            await context.WriteProblemAsync(Problem.Overloaded, reason);
            return;
        }

        if (rates.RejectInDebt(context) is { } inDebt)
        {
            await inDebt.ExecuteAsync(context);
            return;
        }

        // Whatever can be rejected is rejected before an image is read, or at the latest before one is decoded.
        var plan = ClassifyParameters.Resolve(options, model);
        using var upload = await ImageUpload.ReadAsync(request, json, limits.MaxImagesPerRequest, cancellationToken);
        ClassifyAnswerSize.Check(plan, upload.Batch?.Count ?? 1, limits);
        if (Charge(rates, context, model, upload) is { } rejection)
        {
            await rejection.ExecuteAsync(context);
        }
        else if (upload.Batch is { } images)
        {
            var outcomes = ImageClassifier.ClassifyInTurnAsync(plan, images, cancellationToken);
            await ClassifyBatch.SendAsync(context.Response, plan, outcomes, cancellationToken);
        }
        else
        {
            var answer = await ImageClassifier.ClassifyAsync(plan, upload.Single, cancellationToken);
            await ClassifyJson.SendAsync(context.Response, plan, answer);
        }
    }

    private static Rejection? Charge(
        ImageRates rates, HttpContext context, ClassifierModel model, ImageUpload upload) =>
        upload.Batch is { } images
            ? rates.Charge(context, model, images, images.Count)
            : rates.Charge(context, model, upload.Single);
}

using System.Net.Mime;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using SoftmaxService.Api.Access;
using SoftmaxService.Api.Endpoints.Classify;
using SoftmaxService.Api.Endpoints.Images;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Arrays;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Endpoints.Preprocess;

/// <summary><c>POST /preprocess</c>: one image in, what the model sees of it out.</summary>
internal static class PreprocessEndpoint
{
    /// <summary>The media type of NumPy's files, which is not registered but in common use.</summary>
    public const string Npy = "application/x-npy";

    private const string FileName = "input.npy";

    private static readonly QueryParameter As = new(
        "as",
        "How the input is returned: as a picture, or as the tensor itself in NumPy's format. Defaults to png.",
        "It must be png or npy.",
        JsonSchemaType.String)
    { Values = ["png", "npy"], Example = "npy" };

    private static readonly QueryParameter[] Parameters = [ClassifyParameters.Model, ClassifyParameters.Version, As];

    public static void MapPreprocess(this IEndpointRouteBuilder routes) => routes
        .MapPost("/preprocess", AnswerAsync)
        .WithName("Preprocess")
        .WithTags("Classify")
        .WithSummary("Shows what a model sees of an image")
        .WithDescription(
            "Send one image as to `/classify`. The answer is a PNG of the model's input size, made from the tensor "
            + "that the model would run on: scaled, cropped and centred, the ink found and turned to the model's "
            + "polarity, in the model's colours. It shows why an answer is not the one that was expected. With "
            + "`as=npy`, the answer is the tensor itself as a file for `numpy.load`.")
        .Describe(PreprocessDocumentation.Apply, Parameters)
        .Produces<byte[]>(StatusCodes.Status200OK, MediaTypeNames.Image.Png, Npy)
        .Answers(
        [
            Problem.InvalidParameter,
            Problem.MalformedJson,
            Problem.InvalidForm,
            Problem.ImageEmpty,
            Problem.ModelNotFound,
            Problem.ModelLoading,
            Problem.VersionNotFound,
            Problem.BodyTooLarge,
            Problem.ImageTooLarge,
            Problem.TooManyImages,
            Problem.UnsupportedMediaType,
            Problem.ImageFormatUnsupported,
            Problem.ImageUndecodable,
            .. Problem.CommonToAllWork,
        ]);

    private static async Task<Results<FileContentHttpResult, Rejection>> AnswerAsync(
        HttpRequest request,
        HttpResponse response,
        ModelRepository models,
        LimitsOptions limits,
        RequestJson json,
        ImageRates rates,
        CancellationToken cancellationToken)
    {
        QueryParameter.RejectUnknown(request, Parameters);
        var isTensor = As.ReadName(request) == "npy";
        using var lease = models.Acquire(
            ClassifyParameters.Model.ReadText(request),
            ClassifyParameters.Version.ReadText(request));
        var model = lease.Model;
        request.HttpContext.AnsweredBy(model);
        if (model.RejectWhenFull() is { } reason)
        {
            return new Rejection(Problem.Overloaded, reason);
        }

        if (rates.RejectInDebt(request.HttpContext) is { } inDebt)
        {
            return inDebt;
        }

        using var upload =
            await ImageUpload.ReadSingleAsync(request, json, limits.MaxImagesPerRequest, cancellationToken);
        if (rates.Charge(request.HttpContext, model, upload.Single) is { } rejection)
        {
            return rejection;
        }

        response.Headers.CacheControl = "no-store";
        if (isTensor)
        {
            var tensor = await ImageClassifier.PrepareInputAsync(model, upload.Single, cancellationToken);
            return TypedResults.Bytes(NpyFormat.Write(tensor), Npy, FileName);
        }

        var picture = await ImageClassifier.ShowInputAsync(model, upload.Single, cancellationToken);
        return TypedResults.Bytes(picture, MediaTypeNames.Image.Png);
    }
}

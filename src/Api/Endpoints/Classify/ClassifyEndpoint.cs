using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary><c>POST /classify</c>: one image or several in, ranked probabilities out.</summary>
internal static class ClassifyEndpoint
{
    public static readonly QueryParameter Model = new("model", "The model that answers; the configured default unless said.", "GET /models lists them.", JsonSchemaType.String) { Example = "mnist" };
    public static readonly QueryParameter Version = new("version", "The model's version; the highest unless said.", "GET /models lists them.", JsonSchemaType.String) { Example = "1" };
    private static readonly QueryParameter Temperature = new("temperature", "T in softmax(z / T); the model's calibrated one unless said, else 1.", TemperatureRows.Requirement, JsonSchemaType.Number) { ExclusiveMinimum = "0", Example = "1.0" };
    private static readonly QueryParameter TopK = new("topK", "How many of the most probable classes to return, at most all; unless said, all of up to 100 classes, and 10 of more.", "It must be a whole number of at least 1.", JsonSchemaType.Integer) { Minimum = "1", Example = "3" };
    private static readonly QueryParameter Alpha = new("alpha", "Asks for a prediction set that holds the right class with probability of at least 1 − alpha. Needs a model with conformal quantiles.", "It must be above 0 and below 1.", JsonSchemaType.Number) { ExclusiveMinimum = "0", ExclusiveMaximum = "1", Example = "0.05" };
    private static readonly QueryParameter Threshold = new("threshold", "The answer says that it abstains when its largest probability is below this.", "It must be from 0 to 1.", JsonSchemaType.Number) { Minimum = "0", Maximum = "1", Example = "0.5" };
    private static readonly QueryParameter[] Parameters = [Model, Version, Temperature, TopK, Alpha, Threshold];

    // Answers of more classes than that would mostly be what nobody reads.
    private const int MostClassesUnlessAsked = 100;
    private const int TopOfMoreClasses = 10;

    private static readonly ClassificationOptions NothingChosen = new();

    public static void MapClassify(this IEndpointRouteBuilder routes) => routes
        .MapPost("/classify", AnswerAsync)
        .DisableAntiforgery()
        .WithName("Classify")
        .WithTags("Classify")
        .WithSummary("Classifies an image, or several")
        .WithDescription(
            "Send one image as the raw body, as a form file, or as base64 in JSON. Several form files, or `images` in JSON, are a batch: its results keep the order, "
            + "and an image that cannot be read fails its own entry only. Probabilities are softmax(logits / temperature).")
        .Describe(ClassifyDocumentation.Apply, Parameters)
        .Produces<ClassifyResponse>()
        .Answers([Problem.InvalidParameter, Problem.NotCalibrated, Problem.MalformedJson, Problem.InvalidForm, Problem.ImageEmpty, Problem.ModelNotFound, Problem.VersionNotFound,
            Problem.BodyTooLarge, Problem.ImageTooLarge, Problem.TooManyImages, Problem.AnswerTooLarge, Problem.UnsupportedMediaType, Problem.ImageFormatUnsupported, Problem.ImageUndecodable, Problem.ModelOutputNotFinite, Problem.ModelRunFailed, .. Problem.OfWork]);

    private static async Task<Results<ClassifyResponse, EmptyHttpResult, Refusal>> AnswerAsync(
        HttpRequest request,
        ModelRepository models,
        LimitsOptions limits,
        RequestJson json,
        CancellationToken cancellationToken)
    {
        var options = ReadOptions(request);
        using var lease = models.Acquire(Model.ReadText(request), Version.ReadText(request));
        var model = lease.Model;
        request.HttpContext.AnsweredBy(model);
        if (model.RefuseWhenFull() is { } reason)
        {
            return new Refusal(Problem.Overloaded, reason);
        }

        CheckAlpha(model, options.Alpha);
        if (options.TopK is null && model.ClassCount > MostClassesUnlessAsked)
        {
            options = options with { TopK = TopOfMoreClasses };
        }

        var temperature = ImageClassifier.TemperatureFor(model, options);

        using var upload = await ImageUpload.ReadAsync(request, json, limits.MaxImagesPerRequest, cancellationToken);
        AnswerSize.Of(model).Check(limits, upload.Batch?.Count ?? 1, options.TopK ?? model.ClassCount, options.Alpha is not null);
        if (upload.Batch is { } images)
        {
            var outcomes = ImageClassifier.ClassifyInTurnAsync(model, images, options, cancellationToken);
            await ClassifyBatch.SendAsync(request.HttpContext.Response, model, temperature, outcomes, cancellationToken);
            return TypedResults.Empty;
        }

        var answer = await ImageClassifier.ClassifyAsync(model, upload.Single, options, cancellationToken);
        return new ClassifyResponse(model.Name, model.Version, temperature, answer.Predictions, answer.Uncertainty, answer.PredictionSet, answer.Abstained);
    }

    private static ClassificationOptions ReadOptions(HttpRequest request)
    {
        if (!request.QueryString.HasValue)
        {
            return NothingChosen;
        }

        QueryParameter.RefuseUnknown(request, Parameters);
        return new ClassificationOptions
        {
            Temperature = Temperature.ReadNumber<float>(request, TemperatureRows.IsValid),
            TopK = TopK.ReadCount(request),
            Threshold = Threshold.ReadNumber<float>(request, value => value is >= 0f and <= 1f),
            Alpha = Alpha.ReadNumber<double>(request, value => value is > 0 and < 1),
        };
    }

    /// <summary>Refuses an α that the model has no quantile for, before an image is read.</summary>
    private static void CheckAlpha(ClassifierModel model, double? alpha)
    {
        if (alpha is not null)
        {
            Conformal.QuantileFor(model.Manifest.Calibration?.Conformal, alpha.Value);
        }
    }
}

/// <summary>The answer for one image.</summary>
internal sealed record ClassifyResponse(
    string Model,
    string Version,
    AppliedTemperature Temperature,
    IReadOnlyList<Prediction> Predictions,
    Uncertainty Uncertainty,
    LabelledPredictionSet? PredictionSet,
    bool Abstained) : IResult
{
    /// <summary>Written by hand: it is the answer that the service exists for, and the serializer would take longer than the softmax.</summary>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        using var json = PooledJson.Rent();
        WriteTo(json.Writer);
        return json.SendAsync(httpContext.Response);
    }

    private void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("model"u8, Model);
        writer.WriteString("version"u8, Version);
        writer.WritePropertyName("temperature"u8);
        JsonSerializer.Serialize(writer, Temperature, ClassifyJsonContext.Default.AppliedTemperature);
        writer.WriteStartArray("predictions"u8);
        for (var rank = 0; rank < Predictions.Count; rank++)
        {
            ClassifyJson.Write(writer, Predictions[rank]);
        }

        writer.WriteEndArray();
        ClassifyJson.WriteRest(writer, Uncertainty, PredictionSet, Abstained);
        writer.WriteEndObject();
    }
}

/// <summary>The parts of an answer, for one image as for several.</summary>
internal static class ClassifyJson
{
    public static void Write(Utf8JsonWriter writer, in Prediction prediction)
    {
        writer.WriteStartObject();
        writer.WriteString("label"u8, prediction.Label);
        writer.WriteNumber("index"u8, prediction.Index);
        writer.WriteNumber("probability"u8, prediction.Probability);
        if (float.IsNegativeInfinity(prediction.Logit))
        {
            writer.WriteString("logit"u8, LogitRows.Masked);
        }
        else
        {
            writer.WriteNumber("logit"u8, prediction.Logit);
        }

        writer.WriteEndObject();
    }

    /// <summary>What stands behind the predictions.</summary>
    public static void WriteRest(Utf8JsonWriter writer, Uncertainty uncertainty, LabelledPredictionSet? predictionSet, bool abstained)
    {
        writer.WritePropertyName("uncertainty"u8);
        JsonSerializer.Serialize(writer, uncertainty, ClassifyJsonContext.Default.Uncertainty);
        if (predictionSet is not null)
        {
            writer.WritePropertyName("predictionSet"u8);
            JsonSerializer.Serialize(writer, predictionSet, ClassifyJsonContext.Default.LabelledPredictionSet);
        }

        writer.WriteBoolean("abstained"u8, abstained);
    }
}

/// <summary>The answer for several images, in their order.</summary>
internal sealed record ClassifyBatchResponse(string Model, string Version, AppliedTemperature Temperature, IReadOnlyList<ClassifyBatchEntry> Results);

/// <summary>One image of a batch: its answer, or why it has none.</summary>
internal sealed record ClassifyBatchEntry
{
    public IReadOnlyList<Prediction>? Predictions { get; init; }

    public Uncertainty? Uncertainty { get; init; }

    public LabelledPredictionSet? PredictionSet { get; init; }

    public bool? Abstained { get; init; }

    public ClassifyBatchError? Error { get; init; }
}

/// <summary>Why an image of a batch has no answer: the problem document that it would have had alone.</summary>
internal sealed record ClassifyBatchError(string Code, int Status, string Title, string Detail);

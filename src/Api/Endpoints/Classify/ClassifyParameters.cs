using Microsoft.OpenApi;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>The query parameters of <c>POST /classify</c>, and the plan that they make for a model.</summary>
internal static class ClassifyParameters
{
    public static readonly QueryParameter Model = new(
        "model",
        "The model that answers. Defaults to the configured model.",
        "GET /models lists them.",
        JsonSchemaType.String)
    { Example = "mnist" };

    public static readonly QueryParameter Version = new(
        "version",
        "The model's version. Defaults to the highest.",
        "GET /models lists them.",
        JsonSchemaType.String)
    { Example = "1" };

    private static readonly QueryParameter Temperature = new(
        "temperature",
        "T in softmax(z / T). Defaults to the model's calibrated temperature, or 1 where it has none.",
        TemperatureRows.Requirement,
        JsonSchemaType.Number)
    { ExclusiveMinimum = "0", Example = "1.0" };

    private static readonly QueryParameter TopK = new(
        "topK",
        "How many of the most probable classes to return. Defaults to all classes of a model of up to 100, "
        + "and to 10 classes of a larger one.",
        "It must be a whole number of at least 1.",
        JsonSchemaType.Integer)
    { Minimum = "1", Example = "3" };

    private static readonly QueryParameter Alpha = new(
        "alpha",
        "Requests a prediction set that holds the right class with a probability of at least 1 − alpha. "
        + "Needs a model with conformal quantiles.",
        "It must be above 0 and below 1.",
        JsonSchemaType.Number)
    { ExclusiveMinimum = "0", ExclusiveMaximum = "1", Example = "0.05" };

    private static readonly QueryParameter Threshold = new(
        "threshold",
        "The answer abstains when its largest probability is below this.",
        "It must be from 0 to 1.",
        JsonSchemaType.Number)
    { Minimum = "0", Maximum = "1", Example = "0.5" };

    public static readonly QueryParameter[] All = [Model, Version, Temperature, TopK, Alpha, Threshold];

    // With all classes of a larger model, an answer would be long and mostly unread.
    private const int MaxClassesByDefault = 100;
    private const int DefaultTopKOfLargeModels = 10;

    private static readonly ClassificationOptions Defaults = new();

    /// <summary>Reads the options, which are valid for any model.</summary>
    public static ClassificationOptions ReadOptions(HttpRequest request)
    {
        if (!request.QueryString.HasValue)
        {
            return Defaults;
        }

        QueryParameter.RejectUnknown(request, All);
        return new ClassificationOptions
        {
            Temperature = Temperature.ReadNumber<float>(request, TemperatureRows.IsValid),
            TopK = TopK.ReadCount(request),
            Threshold = Threshold.ReadNumber<float>(request, value => value is >= 0f and <= 1f),
            Alpha = Alpha.ReadNumber<double>(request, value => value is > 0 and < 1),
        };
    }

    /// <summary>Resolves the options for the model that answers.</summary>
    /// <exception cref="InferenceException">The model has no prediction sets for the requested alpha.</exception>
    public static ClassificationPlan Resolve(ClassificationOptions options, ClassifierModel model) =>
        options.TopK is null && model.ClassCount > MaxClassesByDefault
            ? new ClassificationPlan(model, options with { TopK = DefaultTopKOfLargeModels })
            : new ClassificationPlan(model, options);
}

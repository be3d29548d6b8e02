using SoftmaxService.Inference;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>
/// The answer for one image: ranked classes, with the model and the temperature that were used.
/// </summary>
internal sealed record ClassifyResponse(
    string Model,
    string Version,
    AppliedTemperature Temperature,
    IReadOnlyList<Prediction> Predictions,
    Uncertainty Uncertainty,
    LabelledPredictionSet? PredictionSet,
    bool Abstained);

/// <summary>The answer for several images, in their order.</summary>
internal sealed record ClassifyBatchResponse(
    string Model, string Version, AppliedTemperature Temperature, IReadOnlyList<ClassifyBatchEntry> Results);

/// <summary>One image of a batch: its answer, or why it has none.</summary>
internal sealed record ClassifyBatchEntry
{
    public IReadOnlyList<Prediction>? Predictions { get; init; }

    public Uncertainty? Uncertainty { get; init; }

    public LabelledPredictionSet? PredictionSet { get; init; }

    public bool? Abstained { get; init; }

    public ClassifyBatchError? Error { get; init; }
}

/// <summary>
/// Why an image of a batch has no answer: what the problem document of a request with this image alone would say.
/// </summary>
internal sealed record ClassifyBatchError(string Code, int Status, string Title, string Detail);

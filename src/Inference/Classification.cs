using System.Text.Json.Serialization;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference;

/// <summary>What a caller may choose for one classification.</summary>
public sealed record ClassificationOptions
{
    /// <summary>T for this answer, &gt; 0 and finite; null for the model's calibrated one, else 1.</summary>
    public float? Temperature { get; init; }

    /// <summary>
    /// How many of the most probable classes to return, at least 1; null for all. More than there are counts as all.
    /// </summary>
    public int? TopK { get; init; }

    /// <summary>The answer abstains when its largest probability is below this, 0…1; null never abstains.</summary>
    public float? Threshold { get; init; }

    /// <summary>
    /// Asks for a prediction set that holds the right class with probability of at least 1 − α, α inside 0…1; null for
    /// none.
    /// </summary>
    public double? Alpha { get; init; }
}

/// <summary>Where a temperature came from. Names as on the wire.</summary>
public enum TemperatureSource
{
    /// <summary>The caller chose it.</summary>
    [JsonStringEnumMemberName("request")]
    Request,

    /// <summary>It was fitted on held-out data and stands in the model's manifest.</summary>
    [JsonStringEnumMemberName("calibrated")]
    Calibrated,

    /// <summary>Neither: it is 1.</summary>
    [JsonStringEnumMemberName("default")]
    Default,
}

/// <summary>A temperature and where it came from.</summary>
/// <param name="Value">T, &gt; 0 and finite.</param>
/// <param name="Source">Where it came from.</param>
public readonly record struct AppliedTemperature(float Value, TemperatureSource Source);

/// <summary>One class of an answer.</summary>
/// <param name="Label">The class's name.</param>
/// <param name="Index">Its position in the model's output, from 0.</param>
/// <param name="Probability">Softmax of the logits at the applied temperature, 0…1.</param>
/// <param name="Logit">
/// The model's own number for the class, before temperature; −∞, in JSON the string <c>"-Infinity"</c>, where the model
/// itself gave −∞ as a logit. A probability that it rounded to 0 has a finite one.
/// </param>
public readonly record struct Prediction(
    string Label,
    int Index,
    float Probability,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] float Logit);

/// <summary>The answer for one image.</summary>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Uncertainty">How sure the answer is, measured over all classes.</param>
/// <param name="PredictionSet">
/// The classes of which one is right with probability of at least 1 − α; null where no α was asked for.
/// </param>
/// <param name="Abstained">Whether the largest probability was below the caller's threshold.</param>
public sealed record Classification(IReadOnlyList<Prediction> Predictions, Uncertainty Uncertainty, LabelledPredictionSet? PredictionSet, bool Abstained);

/// <summary>A conformal set in words.</summary>
/// <param name="Alpha">The miscoverage that was asked for.</param>
/// <param name="Method">The score that the set was made by.</param>
/// <param name="Labels">The classes' names, most probable first; at least one.</param>
public sealed record LabelledPredictionSet(double Alpha, ConformalMethod Method, IReadOnlyList<string> Labels);

/// <summary>What became of one image among several: exactly one of the two.</summary>
/// <param name="Answer">Its answer.</param>
/// <param name="Fault">Why it has none.</param>
public readonly record struct ClassificationOutcome(Classification? Answer, InferenceException? Fault);

using System.Text.Json.Serialization;

namespace SoftmaxService.Inference;

/// <summary>One class of an answer.</summary>
/// <param name="Label">The class's name.</param>
/// <param name="Index">Its position in the model's output, from 0.</param>
/// <param name="Probability">Softmax of the logits at the applied temperature, 0…1.</param>
/// <param name="Logit">
/// The model's own number for the class, before temperature; −∞, in JSON the string <c>"-Infinity"</c>, where the model
/// itself gave −∞ as a logit. A class whose probability the model rounded to 0 has a finite logit.
/// </param>
public readonly record struct Prediction(
    string Label,
    int Index,
    float Probability,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] float Logit);

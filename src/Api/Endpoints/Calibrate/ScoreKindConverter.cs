using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Endpoints.Calibrate;

/// <summary>What numbers are: <c>logits</c>, <c>probabilities</c> or <c>log-probabilities</c>.</summary>
internal sealed class ScoreKindConverter : JsonConverter<OutputKind?>
{
    public override OutputKind? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.String ? throw Invalid(ref reader)
        : reader.ValueTextEquals("logits"u8) ? OutputKind.Logits
        : reader.ValueTextEquals("probabilities"u8) ? OutputKind.Probabilities
        : reader.ValueTextEquals("log-probabilities"u8) ? OutputKind.LogProbabilities
        : throw Invalid(ref reader);

    public override void Write(Utf8JsonWriter writer, OutputKind? value, JsonSerializerOptions options) =>
        throw new NotSupportedException("kind is read-only.");

    private static RequestException Invalid(ref Utf8JsonReader reader) =>
        new(
            Problem.InvalidParameter,
            $"kind is {JsonToken.Describe(ref reader)}. It must be \"logits\", \"probabilities\" or "
            + "\"log-probabilities\".");
}

using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>
/// A whole number of at least 1. More than an int can hold counts as the most it can, as in the query.
/// </summary>
internal sealed class TopKConverter : JsonConverter<int?>
{
    public override int? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number
            && reader.TryGetDouble(out var value)
            && value >= 1
            && value == Math.Truncate(value)
            ? (int)Math.Min(value, int.MaxValue)
            : throw new RequestException(
                Problem.InvalidParameter,
                $"topK is {JsonToken.Describe(ref reader)}. It must be a whole number of at least 1.");

    public override void Write(Utf8JsonWriter writer, int? value, JsonSerializerOptions options) =>
        throw new NotSupportedException("topK is read-only.");
}

using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Wire;

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

/// <summary>A list of strings, none of them null.</summary>
internal sealed class LabelsConverter : JsonConverter<string[]>
{
    private const string Requirement = "Labels are a list of strings, one for each class.";

    public override string[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new RequestException(
                Problem.InvalidLabels,
                $"labels is {JsonToken.Describe(ref reader)}. {Requirement}");
        }

        var labels = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            labels.Add(reader.TokenType == JsonTokenType.String
                ? ReadLabel(ref reader, labels.Count)
                : throw new RequestException(
                    Problem.InvalidLabels,
                    $"labels[{labels.Count}] is {JsonToken.Describe(ref reader)}. {Requirement}"));
        }

        return [.. labels];
    }

    public override void Write(Utf8JsonWriter writer, string[] value, JsonSerializerOptions options) =>
        throw new NotSupportedException("labels is read-only.");

    private static string ReadLabel(ref Utf8JsonReader reader, int index)
    {
        try
        {
            return reader.GetString()!; // a string token is never null
        }
        catch (InvalidOperationException)
        {
            throw new RequestException(
                Problem.InvalidLabels,
                $"labels[{index}] is not valid Unicode: it holds bytes that are not UTF-8, or half of a surrogate "
                + "pair.");
        }
    }
}

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

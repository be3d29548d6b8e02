using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Logits;

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

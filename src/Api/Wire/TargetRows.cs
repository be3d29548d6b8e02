using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Wire;

/// <summary>The index of the right class: a number, or an array with one for each row.</summary>
[JsonConverter(typeof(TargetRowsConverter))]
internal sealed record TargetRows(int[] Values, bool IsArray);

internal sealed class TargetRowsConverter()
    : ClassIndicesConverter("target", "a target is the index of a class, a whole number from 0");

/// <summary>Reads class indices; derived classes give them the name that they have in a request.</summary>
internal abstract class ClassIndicesConverter(string name, string requirement) : JsonConverter<TargetRows>
{
    public override TargetRows Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new TargetRows([ReadOne(ref reader, name)], IsArray: false);
        }

        var values = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            values.Add(ReadOne(ref reader, $"{name}[{values.Count}]"));
        }

        return new TargetRows([.. values], IsArray: true);
    }

    public override void Write(Utf8JsonWriter writer, TargetRows value, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(TargetRows)} is read-only.");

    private int ReadOne(ref Utf8JsonReader reader, string path) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value)
            ? value
            : throw new RequestException(
                Problem.InvalidParameter,
                $"{path} is {JsonToken.Describe(ref reader)}; {requirement}.");
}

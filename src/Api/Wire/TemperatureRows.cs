using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Wire;

/// <summary>One temperature for all rows, or one for each.</summary>
[JsonConverter(typeof(TemperatureRowsConverter))]
internal sealed record TemperatureRows(float[] Values, bool IsArray)
{
    public const string Requirement =
        "A temperature is a number above 0 that a 32-bit float can hold; "
        + "1 leaves the logits as they are, more flattens, less sharpens.";

    public static TemperatureRows One { get; } = new([1f], IsArray: false);

    /// <summary>One temperature for each row of the logits.</summary>
    public float[] ForEachRow(FloatRows logits)
    {
        if (IsArray)
        {
            return Values.Length == logits.RowCount
                ? Values
                : throw new RequestException(
                    Problem.InvalidTemperature,
                    $"There are {Values.Length} temperatures for {logits.RowCount} row(s) of logits; "
                    + "give one for all, or one for each row.");
        }

        var all = new float[logits.RowCount];
        Array.Fill(all, Values[0]);
        return all;
    }

    public static bool IsValid(float temperature) => temperature > 0f && float.IsFinite(temperature);
}

internal sealed class TemperatureRowsConverter : JsonConverter<TemperatureRows>
{
    public override TemperatureRows Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new TemperatureRows([ReadOne(ref reader, "temperature")], IsArray: false);
        }

        var values = new List<float>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            values.Add(ReadOne(ref reader, $"temperature[{values.Count}]"));
        }

        return new TemperatureRows([.. values], IsArray: true);
    }

    public override void Write(Utf8JsonWriter writer, TemperatureRows value, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(TemperatureRows)} is read-only.");

    private static float ReadOne(ref Utf8JsonReader reader, string path) =>
        reader.TokenType == JsonTokenType.Number
        && reader.TryGetSingle(out var value)
        && TemperatureRows.IsValid(value)
            ? value
            : throw new RequestException(
                Problem.InvalidTemperature,
                $"{path} is {JsonToken.Describe(ref reader)}. {TemperatureRows.Requirement}");
}

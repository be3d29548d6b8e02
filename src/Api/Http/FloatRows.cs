using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Http;

/// <summary>
/// One row of numbers, <c>[1, 2]</c>, or several of the same length, <c>[[1, 2], [3, 4]]</c>, in one array; an answer keeps the shape that
/// was asked. <c>"-Infinity"</c> stands for a masked class, since JSON has no number for it.
/// </summary>
[JsonConverter(typeof(FloatRowsConverter))]
internal sealed record FloatRows(float[] Values, int RowCount, int ColumnCount, bool IsMatrix)
{
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * ColumnCount, ColumnCount);
}

internal sealed class FloatRowsConverter : JsonConverter<FloatRows>
{
    public const string Masked = "-Infinity";
    private const string Shape = "Logits are one row of numbers, [1.5, 0.2], or several rows of the same length, [[1.5, 0.2], [0.1, 3]].";

    // Null would otherwise be refused with a sentence about a constructor.
    public override bool HandleNull => true;

    public override FloatRows Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Invalid($"logits is {JsonToken.Describe(ref reader)}. {Shape}");
        }

        Advance(ref reader);
        var values = new List<float>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            ReadRow(ref reader, values, row: null);
            return new FloatRows([.. values], 1, values.Count, IsMatrix: false);
        }

        var rowCount = 0;
        var columnCount = 0;
        for (; reader.TokenType != JsonTokenType.EndArray; Advance(ref reader))
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw Invalid($"logits[{rowCount}] is {JsonToken.Describe(ref reader)}, but logits[0] is a row. {Shape}");
            }

            var before = values.Count;
            Advance(ref reader);
            ReadRow(ref reader, values, rowCount);
            columnCount = rowCount == 0 ? values.Count : columnCount;
            if (values.Count - before != columnCount)
            {
                throw Invalid($"logits[{rowCount}] has {values.Count - before} numbers, but logits[0] has {columnCount}. {Shape}");
            }

            rowCount++;
        }

        return new FloatRows([.. values], rowCount, columnCount, IsMatrix: true);
    }

    public override void Write(Utf8JsonWriter writer, FloatRows value, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(SoftmaxResponse)} writes rows, a piece at a time.");

    private static void ReadRow(ref Utf8JsonReader reader, List<float> values, int? row)
    {
        var first = values.Count;
        for (; reader.TokenType != JsonTokenType.EndArray; Advance(ref reader))
        {
            values.Add(ReadLogit(ref reader, row, values.Count - first));
        }

        if (values.Count == first)
        {
            throw Invalid($"{(row is null ? "logits" : $"logits[{row}]")} is empty; a row has at least one number. {Shape}");
        }
    }

    private static float ReadLogit(ref Utf8JsonReader reader, int? row, int column)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out var value) && float.IsFinite(value))
        {
            return value;
        }

        if (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(Masked))
        {
            return float.NegativeInfinity;
        }

        var place = row is null ? $"logits[{column}]" : $"logits[{row}][{column}]";
        throw Invalid((reader.TokenType, row) switch
        {
            (JsonTokenType.Number, _) => $"{place} is {JsonToken.Text(ref reader)}, which no 32-bit float can hold; the largest is {float.MaxValue.ToString(CultureInfo.InvariantCulture)}.",
            (JsonTokenType.StartArray, null) => $"{place} is a row, but logits[0] is a number. {Shape}",
            (JsonTokenType.StartArray, _) => $"{place} is nested three deep. {Shape}",
            _ => $"{place} is {JsonToken.Describe(ref reader)}; a logit is a finite number, or \"{Masked}\" to mask its class.",
        });
    }

    private static void Advance(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw new JsonException("The JSON ends inside logits.");
        }
    }

    private static RequestException Invalid(string detail) => new(Problem.InvalidLogits, detail);
}

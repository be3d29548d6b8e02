using System.Globalization;
using System.Text;
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
    public FloatRows With(float[] values) => this with { Values = values };

    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * ColumnCount, ColumnCount);

    /// <summary>How a client would find a number: <c>logits[2]</c> or <c>logits[0][2]</c>.</summary>
    public string Place(int row, int column) => IsMatrix ? $"logits[{row}][{column}]" : $"logits[{column}]";
}

internal sealed class FloatRowsConverter : JsonConverter<FloatRows>
{
    private const string Masked = "-Infinity";
    private const string Shape = "Logits are one row of numbers, [1.5, 0.2], or several rows of the same length, [[1.5, 0.2], [0.1, 3]].";

    // Null would otherwise be refused with a sentence about a constructor.
    public override bool HandleNull => true;

    public override FloatRows Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Invalid($"logits is {Name(ref reader)}. {Shape}");
        }

        Advance(ref reader);
        var values = new List<float>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            ReadRow(ref reader, values, row: null);
            return new FloatRows([.. values], 1, values.Count, IsMatrix: false);
        }

        var rowCount = 0;
        for (; reader.TokenType != JsonTokenType.EndArray; Advance(ref reader))
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw Invalid($"logits[{rowCount}] is {Name(ref reader)}, but logits[0] is a row. {Shape}");
            }

            var before = values.Count;
            Advance(ref reader);
            ReadRow(ref reader, values, rowCount);
            if ((values.Count - before) * (rowCount + 1) != values.Count)
            {
                throw Invalid($"logits[{rowCount}] has {values.Count - before} numbers, but logits[0] has {before / rowCount}. {Shape}");
            }

            rowCount++;
        }

        return new FloatRows([.. values], rowCount, values.Count / rowCount, IsMatrix: true);
    }

    public override void Write(Utf8JsonWriter writer, FloatRows value, JsonSerializerOptions options)
    {
        if (value.IsMatrix)
        {
            writer.WriteStartArray();
        }

        for (var row = 0; row < value.RowCount; row++)
        {
            writer.WriteStartArray();
            foreach (var number in value.Row(row))
            {
                if (float.IsNegativeInfinity(number))
                {
                    writer.WriteStringValue(Masked);
                }
                else
                {
                    writer.WriteNumberValue(number);
                }
            }

            writer.WriteEndArray();
        }

        if (value.IsMatrix)
        {
            writer.WriteEndArray();
        }
    }

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
            (JsonTokenType.Number, _) => $"{place} is {Text(ref reader)}, which no 32-bit float can hold; the largest is {float.MaxValue.ToString(CultureInfo.InvariantCulture)}.",
            (JsonTokenType.StartArray, null) => $"{place} is a row, but logits[0] is a number. {Shape}",
            (JsonTokenType.StartArray, _) => $"{place} is nested three deep. {Shape}",
            _ => $"{place} is {Name(ref reader)}; a logit is a finite number, or \"{Masked}\" to mask its class.",
        });
    }

    private static void Advance(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw new JsonException("The JSON ends inside logits.");
        }
    }

    private static string Name(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => $"the string {Text(ref reader)}",
        JsonTokenType.Number => $"the number {Text(ref reader)}",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Null => "null",
        _ => Text(ref reader),
    };

    private static string Text(ref Utf8JsonReader reader)
    {
        var raw = reader.HasValueSequence ? [.. reader.ValueSequence.Slice(0, Math.Min(reader.ValueSequence.Length, 40)).FirstSpan] : reader.ValueSpan;
        var text = Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, 40)]);
        return reader.TokenType == JsonTokenType.String ? $"\"{text}\"" : text;
    }

    private static RequestException Invalid(string detail) => new(Problem.InvalidLogits, detail);
}

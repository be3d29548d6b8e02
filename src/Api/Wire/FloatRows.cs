using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// One row of numbers, <c>[1, 2]</c>, or several of the same length, <c>[[1, 2], [3, 4]]</c>, in one array; an answer keeps the shape that
/// was asked.
/// </summary>
internal sealed record FloatRows(float[] Values, int RowCount, int ColumnCount, bool IsMatrix)
{
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * ColumnCount, ColumnCount);

    /// <summary>How a client would find a row of logits: <c>logits</c> or <c>logits[2]</c>.</summary>
    public string Place(int row) => IsMatrix ? $"logits[{row}]" : "logits";

    public static RequestException TooMany(int maxCount) =>
        new(Problem.TooManyLogits, $"The request holds more than {maxCount} numbers, the most that are taken at once (setting Limits:MaxLogitsPerRequest).");

    /// <summary>Refuses logits of which a row is nothing but masked classes: it has no softmax.</summary>
    public void RefuseFullyMasked()
    {
        for (var row = 0; row < RowCount; row++)
        {
            if (!Row(row).ContainsAnyExcept(float.NegativeInfinity))
            {
                throw new RequestException(Problem.InvalidLogits, $"{Place(row)} masks every class; at least one must be a number.");
            }
        }
    }
}

/// <summary>Logits: finite numbers, and the string <c>"-Infinity"</c> for a masked class, since JSON has no number for it.</summary>
internal sealed class LogitRowsConverter() : FloatRowsConverter("logits", Problem.InvalidLogits, allowsMasked: true)
{
    // Null would otherwise be refused with a sentence about a constructor.
    public override bool HandleNull => true;
}

/// <summary>An upstream gradient: one finite number for each logit.</summary>
internal sealed class UpstreamRowsConverter() : FloatRowsConverter("upstream", Problem.InvalidParameter, allowsMasked: false);

internal abstract class FloatRowsConverter(string name, Problem problem, bool allowsMasked) : JsonConverter<FloatRows>
{
    public const string Masked = "-Infinity";

    private const string Shape = "Send one row of numbers, [1.5, 0.2], or several rows of the same length, [[1.5, 0.2], [0.1, 3]].";

    public override FloatRows Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Invalid($"{name} is {JsonToken.Describe(ref reader)}. {Shape}");
        }

        Advance(ref reader);
        var maxCount = RequestJson.MaxLogits(options);
        var values = new List<float>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            ReadRow(ref reader, values, row: null, maxCount);
            return new FloatRows([.. values], 1, values.Count, IsMatrix: false);
        }

        var rowCount = 0;
        var columnCount = 0;
        for (; reader.TokenType != JsonTokenType.EndArray; Advance(ref reader))
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw Invalid($"{name}[{rowCount}] is {JsonToken.Describe(ref reader)}, but {name}[0] is a row. {Shape}");
            }

            var before = values.Count;
            Advance(ref reader);
            ReadRow(ref reader, values, rowCount, maxCount);
            columnCount = rowCount == 0 ? values.Count : columnCount;
            if (values.Count - before != columnCount)
            {
                throw Invalid($"{name}[{rowCount}] has {values.Count - before} numbers, but {name}[0] has {columnCount}. {Shape}");
            }

            rowCount++;
        }

        return new FloatRows([.. values], rowCount, columnCount, IsMatrix: true);
    }

    public override void Write(Utf8JsonWriter writer, FloatRows value, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(RowsAnswer)} writes rows, a piece at a time.");

    private void ReadRow(ref Utf8JsonReader reader, List<float> values, int? row, int maxCount)
    {
        var first = values.Count;
        for (; reader.TokenType != JsonTokenType.EndArray; Advance(ref reader))
        {
            if (values.Count == maxCount)
            {
                throw FloatRows.TooMany(maxCount);
            }

            values.Add(ReadNumber(ref reader, row, values.Count - first));
        }

        if (values.Count == first)
        {
            throw Invalid($"{(row is null ? name : $"{name}[{row}]")} is empty; a row has at least one number. {Shape}");
        }
    }

    private float ReadNumber(ref Utf8JsonReader reader, int? row, int column)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out var value) && float.IsFinite(value))
        {
            return value;
        }

        if (allowsMasked && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(Masked))
        {
            return float.NegativeInfinity;
        }

        var place = row is null ? $"{name}[{column}]" : $"{name}[{row}][{column}]";
        throw Invalid((reader.TokenType, row) switch
        {
            (JsonTokenType.Number, _) => $"{place} is {JsonToken.Text(ref reader)}, which no 32-bit float can hold; the largest is 3.4028235E+38.",
            (JsonTokenType.StartArray, null) => $"{place} is a row, but {name}[0] is a number. {Shape}",
            (JsonTokenType.StartArray, _) => $"{place} is nested three deep. {Shape}",
            _ when allowsMasked => $"{place} is {JsonToken.Describe(ref reader)}; a logit is a finite number, or \"{Masked}\" to mask its class.",
            _ => $"{place} is {JsonToken.Describe(ref reader)}; it must be a finite number.",
        });
    }

    private void Advance(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw new JsonException($"The JSON ends inside {name}.");
        }
    }

    private RequestException Invalid(string detail) => new(problem, detail);
}

using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Wire;

/// <summary>Reads <see cref="LogitRows"/> with at most <c>maxCount</c> numbers.</summary>
internal sealed class LogitRowsConverter(int maxCount)
    : FloatRowsConverter<LogitRows>("logits", Problem.InvalidLogits, allowsMasked: true, maxCount)
{
    // Otherwise the serializer would reject null, in terms of a constructor.
    public override bool HandleNull => true;

    protected override LogitRows Create(float[] values, int rowCount, int columnCount, bool isMatrix) =>
        new(values, rowCount, columnCount, isMatrix);
}

/// <summary>Reads <see cref="UpstreamRows"/> with at most <c>maxCount</c> numbers.</summary>
internal sealed class UpstreamRowsConverter(int maxCount)
    : FloatRowsConverter<UpstreamRows>("upstream", Problem.InvalidParameter, allowsMasked: false, maxCount)
{
    protected override UpstreamRows Create(float[] values, int rowCount, int columnCount, bool isMatrix) =>
        new(values, rowCount, columnCount, isMatrix);
}

internal abstract class FloatRowsConverter<T>(
    string name, Problem problem, bool allowsMasked, int maxCount) : JsonConverter<T>
    where T : FloatRows
{
    private const string Shape =
        "Send one row of numbers, [1.5, 0.2], or several rows of the same length, [[1.5, 0.2], [0.1, 3]].";

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Invalid($"{name} is {JsonToken.Describe(ref reader)}. {Shape}");
        }

        Advance(ref reader);
        var values = new List<float>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            ReadRow(ref reader, values, row: null);
            return Create([.. values], 1, values.Count, isMatrix: false);
        }

        var rowCount = 0;
        var columnCount = 0;
        for (; reader.TokenType != JsonTokenType.EndArray; Advance(ref reader))
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw Invalid(
                    $"{name}[{rowCount}] is {JsonToken.Describe(ref reader)}, but {name}[0] is a row. {Shape}");
            }

            var before = values.Count;
            Advance(ref reader);
            ReadRow(ref reader, values, rowCount);
            columnCount = rowCount == 0 ? values.Count : columnCount;
            if (values.Count - before != columnCount)
            {
                throw Invalid(
                    $"{name}[{rowCount}] has {values.Count - before} numbers, but {name}[0] has {columnCount}. "
                    + $"{Shape}");
            }

            rowCount++;
        }

        return Create([.. values], rowCount, columnCount, isMatrix: true);
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(RowsAnswer)} writes rows, a piece at a time.");

    protected abstract T Create(float[] values, int rowCount, int columnCount, bool isMatrix);

    private void ReadRow(ref Utf8JsonReader reader, List<float> values, int? row)
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
            throw Invalid(
                $"{(row is null ? name : $"{name}[{row}]")} is empty; a row has at least one number. {Shape}");
        }
    }

    private float ReadNumber(ref Utf8JsonReader reader, int? row, int column)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out var value) && float.IsFinite(value))
        {
            return value;
        }

        if (allowsMasked && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(LogitRows.Masked))
        {
            return float.NegativeInfinity;
        }

        var path = row is null ? $"{name}[{column}]" : $"{name}[{row}][{column}]";
        throw Invalid((reader.TokenType, row) switch
        {
            (JsonTokenType.Number, _) =>
                $"{path} is {JsonToken.Text(ref reader)}, which no 32-bit float can hold; "
                + "the largest is 3.4028235E+38.",
            (JsonTokenType.StartArray, null) => $"{path} is a row, but {name}[0] is a number. {Shape}",
            (JsonTokenType.StartArray, _) => $"{path} is nested three deep. {Shape}",
            _ when allowsMasked =>
                $"{path} is {JsonToken.Describe(ref reader)}; a logit is a finite number, or \"{LogitRows.Masked}\" "
                + "to mask its class.",
            _ => $"{path} is {JsonToken.Describe(ref reader)}; it must be a finite number.",
        });
    }

    private void Advance(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw new JsonValueException($"The JSON ends inside {name}.", namesValue: true);
        }
    }

    private RequestException Invalid(string detail) => new(problem, detail);
}

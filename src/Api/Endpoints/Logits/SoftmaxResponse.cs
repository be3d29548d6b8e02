using System.Globalization;
using System.Text.Json;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Numerics;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>The JSON answer of <c>POST /softmax</c>.</summary>
internal sealed class SoftmaxResponse(FloatRows logits, float[] temperatures, float[] probabilities, float[] logProbabilities, int? topK, string[]? labels)
    : RowsAnswer(logits)
{
    /// <summary>How many classes are ranked when the request does not say: a row of a million would triple its answer.</summary>
    private const int DefaultTopK = 100;

    // {"label":"2147483647","index":2147483647,"probability":…}, and of a row "uncertainty" and brackets.
    private const int RankedBytes = 72;
    private const int RowBytes = 128;

    private readonly FloatRows _logits = logits;

    /// <summary>The most bytes that the answer may have.</summary>
    public static long MostBytes(FloatRows logits, int? topK, string[]? labels)
    {
        var ranked = Math.Min(topK ?? DefaultTopK, logits.ColumnCount);
        var labelBytes = labels is null ? 0 : AnswerSize.Of(labels).OfLabels(ranked);
        return (2L * AnswerSize.Number * logits.Values.Length) + (logits.RowCount * (RowBytes + ((long)ranked * RankedBytes) + labelBytes));
    }

    protected override async Task WritePropertiesAsync(Utf8JsonWriter writer, HttpResponse response)
    {
        await WriteNumbersAsync(writer, response, "probabilities", probabilities);
        await WriteNumbersAsync(writer, response, "logProbabilities", logProbabilities);
        await WriteEachRowAsync(writer, response, "ranked", row => WriteRankedAsync(writer, response, row));
        await WriteEachRowAsync(writer, response, "uncertainty", row =>
        {
            var measured = Uncertainty.Measure(_logits.Row(row), probabilities.AsSpan(row * _logits.ColumnCount, _logits.ColumnCount), temperatures[row]);
            JsonSerializer.Serialize(writer, measured, LogitsJsonContext.Default.Uncertainty);
            return ValueTask.CompletedTask;
        });
    }

    private async ValueTask WriteRankedAsync(Utf8JsonWriter writer, HttpResponse response, int row)
    {
        var indices = new int[Math.Min(topK ?? DefaultTopK, _logits.ColumnCount)];
        Ranking.TopK(_logits.Row(row), indices);

        writer.WriteStartArray();
        foreach (var index in indices)
        {
            writer.WriteStartObject();
            WriteLabel(writer, index);
            writer.WriteNumber("index", index);
            writer.WriteNumber("probability", probabilities[(row * _logits.ColumnCount) + index]);
            writer.WriteEndObject();
            await FlushWhenFullAsync(writer, response);
        }

        writer.WriteEndArray();
    }

    private void WriteLabel(Utf8JsonWriter writer, int index)
    {
        if (labels is not null)
        {
            writer.WriteString("label", labels[index]);
            return;
        }

        Span<char> digits = stackalloc char[11]; // as many as an int can have
        index.TryFormat(digits, out var count, provider: CultureInfo.InvariantCulture);
        writer.WriteString("label", digits[..count]);
    }
}

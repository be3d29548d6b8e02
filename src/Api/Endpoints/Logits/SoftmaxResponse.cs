using System.Globalization;
using System.Text.Json;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>The JSON response of <c>POST /softmax</c>.</summary>
internal sealed class SoftmaxResponse(SoftmaxPlan plan, SoftmaxAnswer answer) : RowsAnswer(plan.Logits)
{
    // {"label":"2147483647","index":2147483647,"probability":…}, and for each row "uncertainty" and brackets.
    private const int RankedBytes = 72;
    private const int RowBytes = 128;

    /// <summary>Rejects a plan whose response would be too large, before it is computed.</summary>
    public static void CheckSize(SoftmaxPlan plan, LimitsOptions limits)
    {
        var logits = plan.Logits;
        var labelBytes = plan.Labels is { } labels ? LabelSizes.Of(labels).OfAny(plan.TopK) : 0;
        var rowBytes = RowBytes + ((long)plan.TopK * RankedBytes) + labelBytes;
        if ((2L * AnswerSize.Number * logits.Values.Length) + (logits.RowCount * rowBytes) > limits.MaxResponseBytes)
        {
            throw AnswerSize.TooLarge(
                limits,
                $"The answer to {logits.RowCount} row(s) of {logits.ColumnCount} logits",
                "Ask for fewer rows at a time, for a smaller topK, or with shorter labels; "
                + "as application/octet-stream, an answer has 4 bytes per logit.");
        }
    }

    protected override async Task WritePropertiesAsync(Utf8JsonWriter writer, HttpResponse response)
    {
        await WriteNumbersAsync(writer, response, "probabilities", answer.Probabilities);
        await WriteNumbersAsync(writer, response, "logProbabilities", answer.LogProbabilities);
        await WriteEachRowAsync(writer, response, "ranked", row => WriteRankedAsync(writer, response, row));
        await WriteEachRowAsync(writer, response, "uncertainty", row =>
        {
            writer.WriteUncertainty(answer.Uncertainties[row]);
            return ValueTask.CompletedTask;
        });
    }

    private async ValueTask WriteRankedAsync(Utf8JsonWriter writer, HttpResponse response, int row)
    {
        var firstOfRow = row * plan.Logits.ColumnCount;
        var end = (row + 1) * plan.TopK;
        writer.WriteStartArray();
        for (var rank = row * plan.TopK; rank < end; rank++)
        {
            var index = answer.Ranking[rank];
            writer.WriteStartObject();
            WriteLabel(writer, index);
            writer.WriteNumber("index", index);
            writer.WriteNumber("probability", answer.Probabilities[firstOfRow + index]);
            writer.WriteEndObject();
            await FlushWhenFullAsync(writer, response);
        }

        writer.WriteEndArray();
    }

    private void WriteLabel(Utf8JsonWriter writer, int index)
    {
        if (plan.Labels is { } labels)
        {
            writer.WriteString("label", labels[index]);
            return;
        }

        Span<char> digits = stackalloc char[11]; // as many as an int can have
        index.TryFormat(digits, out var count, provider: CultureInfo.InvariantCulture);
        writer.WriteString("label", digits[..count]);
    }
}

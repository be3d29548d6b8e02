using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Numerics;

namespace SoftmaxService.Api.Http;

/// <summary>
/// The JSON answer of <c>POST /softmax</c>: for one row, or with one entry a row, as the logits were. Written a piece at a time, since a
/// request of ten megabytes may ask for an answer of hundreds.
/// </summary>
internal sealed class SoftmaxResponse(FloatRows logits, float[] temperatures, float[] probabilities, float[] logProbabilities, int? topK, string[]? labels)
    : IResult
{
    /// <summary>How many classes are ranked when the request does not say: a row of a million would triple its answer.</summary>
    private const int DefaultTopK = 100;

    private const int BytesBetweenFlushes = 64 * 1024;
    private const int NumbersBetweenChecks = 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = $"{MediaTypeNames.Application.Json}; charset=utf-8";
        await using var writer = new Utf8JsonWriter(response.BodyWriter);

        writer.WriteStartObject();
        await WriteRowsAsync(writer, response, "probabilities", row => WriteNumbersAsync(writer, response, probabilities, row));
        await WriteRowsAsync(writer, response, "logProbabilities", row => WriteNumbersAsync(writer, response, logProbabilities, row));
        await WriteRowsAsync(writer, response, "ranked", row => WriteRankedAsync(writer, response, row));
        await WriteRowsAsync(writer, response, "uncertainty", row => WriteUncertaintyAsync(writer, response, row));
        writer.WriteEndObject();
    }

    private async Task WriteRowsAsync(Utf8JsonWriter writer, HttpResponse response, string name, Func<int, ValueTask> writeRowAsync)
    {
        writer.WritePropertyName(name);
        if (logits.IsMatrix)
        {
            writer.WriteStartArray();
        }

        for (var row = 0; row < logits.RowCount; row++)
        {
            await writeRowAsync(row);
        }

        if (logits.IsMatrix)
        {
            writer.WriteEndArray();
        }

        await FlushWhenFullAsync(writer, response);
    }

    private async ValueTask WriteNumbersAsync(Utf8JsonWriter writer, HttpResponse response, float[] values, int row)
    {
        writer.WriteStartArray();
        var end = (row + 1) * logits.ColumnCount;
        for (var i = row * logits.ColumnCount; i < end; i++)
        {
            if (float.IsNegativeInfinity(values[i]))
            {
                writer.WriteStringValue(FloatRowsConverter.Masked);
            }
            else
            {
                writer.WriteNumberValue(values[i]);
            }

            if (i % NumbersBetweenChecks == 0)
            {
                await FlushWhenFullAsync(writer, response);
            }
        }

        writer.WriteEndArray();
    }

    private async ValueTask WriteRankedAsync(Utf8JsonWriter writer, HttpResponse response, int row)
    {
        var indices = new int[Math.Min(topK ?? DefaultTopK, logits.ColumnCount)];
        Ranking.TopK(logits.Row(row), indices);

        writer.WriteStartArray();
        foreach (var index in indices)
        {
            writer.WriteStartObject();
            WriteLabel(writer, index);
            writer.WriteNumber("index", index);
            writer.WriteNumber("probability", probabilities[(row * logits.ColumnCount) + index]);
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

    private ValueTask WriteUncertaintyAsync(Utf8JsonWriter writer, HttpResponse response, int row)
    {
        var measured = Uncertainty.Measure(logits.Row(row), probabilities.AsSpan(row * logits.ColumnCount, logits.ColumnCount), temperatures[row]);
        JsonSerializer.Serialize(writer, measured, ApiJsonContext.Default.Uncertainty);
        return FlushWhenFullAsync(writer, response);
    }

    private static async ValueTask FlushWhenFullAsync(Utf8JsonWriter writer, HttpResponse response)
    {
        if (writer.BytesPending >= BytesBetweenFlushes)
        {
            await writer.FlushAsync(response.HttpContext.RequestAborted);
            await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
        }
    }
}

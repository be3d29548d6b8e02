using System.Text.Json;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// A JSON answer with one entry for a row of logits, or an array with one for each row, as the logits were. Written a piece at a time, since
/// a request of ten megabytes may ask for an answer of hundreds.
/// </summary>
internal abstract class RowsAnswer(FloatRows logits) : IResult
{
    private const int BytesBetweenFlushes = 64 * 1024;
    private const int NumbersBetweenChecks = 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = PooledJson.ContentType;
        await httpContext.Response.StartAsync(httpContext.RequestAborted); // the rows then go straight behind the headers
        await using var writer = new Utf8JsonWriter(httpContext.Response.BodyWriter);
        writer.WriteStartObject();
        await WritePropertiesAsync(writer, httpContext.Response);
        writer.WriteEndObject();
    }

    protected abstract Task WritePropertiesAsync(Utf8JsonWriter writer, HttpResponse response);

    protected async Task WriteEachRowAsync(Utf8JsonWriter writer, HttpResponse response, string name, Func<int, ValueTask> writeRowAsync)
    {
        writer.WritePropertyName(name);
        if (logits.IsMatrix)
        {
            writer.WriteStartArray();
        }

        for (var row = 0; row < logits.RowCount; row++)
        {
            await writeRowAsync(row);
            await FlushWhenFullAsync(writer, response);
        }

        if (logits.IsMatrix)
        {
            writer.WriteEndArray();
        }
    }

    /// <summary>Writes numbers that stand in the shape of the logits.</summary>
    protected Task WriteNumbersAsync(Utf8JsonWriter writer, HttpResponse response, string name, float[] values) => WriteEachRowAsync(writer, response, name, async row =>
    {
        writer.WriteStartArray();
        var end = (row + 1) * logits.ColumnCount;
        for (var i = row * logits.ColumnCount; i < end; i++)
        {
            if (float.IsNegativeInfinity(values[i]))
            {
                writer.WriteStringValue(LogitRows.Masked);
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
    });

    /// <summary>Sends what was written where it has become much.</summary>
    public static async ValueTask FlushWhenFullAsync(Utf8JsonWriter writer, HttpResponse response)
    {
        // The writer hands on what it has a few kilobytes at a time: most of what waits, waits in the pipe.
        if (writer.BytesPending + response.BodyWriter.UnflushedBytes >= BytesBetweenFlushes)
        {
            await writer.FlushAsync(response.HttpContext.RequestAborted);
            await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
        }
    }
}

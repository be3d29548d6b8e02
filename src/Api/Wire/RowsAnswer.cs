using System.Text.Json;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// A JSON response with one entry for one row of logits, or an array with one for each of several rows, in the shape of
/// the logits. Written a piece at a time, because a request of ten megabytes may need a response of hundreds.
/// </summary>
internal abstract class RowsAnswer(FloatRows logits) : IResult
{
    private const int BytesBetweenFlushes = 64 * 1024;
    private const int NumbersBetweenChecks = 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = PooledJson.ContentType;
        await httpContext.Response.StartAsync(httpContext.RequestAborted); // rows then follow the headers directly
        await using var writer = new Utf8JsonWriter(httpContext.Response.BodyWriter);
        writer.WriteStartObject();
        await WritePropertiesAsync(writer, httpContext.Response);
        writer.WriteEndObject();
    }

    protected abstract Task WritePropertiesAsync(Utf8JsonWriter writer, HttpResponse response);

    protected async Task WriteEachRowAsync(
        Utf8JsonWriter writer, HttpResponse response, string name, Func<int, ValueTask> writeRowAsync)
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

    /// <summary>Writes numbers in the shape of the logits.</summary>
    protected Task WriteNumbersAsync(Utf8JsonWriter writer, HttpResponse response, string name, float[] values) =>
        WriteEachRowAsync(writer, response, name, async row =>
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

    /// <summary>Sends what has been written, once it is enough to be worth it.</summary>
    public static async ValueTask FlushWhenFullAsync(Utf8JsonWriter writer, HttpResponse response)
    {
        // The writer passes its bytes on a few kilobytes at a time: most unsent bytes are in the pipe.
        if (writer.BytesPending + response.BodyWriter.UnflushedBytes >= BytesBetweenFlushes)
        {
            await writer.FlushAsync(response.HttpContext.RequestAborted);
            await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
        }
    }
}

using System.Text.Json;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// A JSON response with one entry for one row of logits, or an array with one for each of several rows, in the shape of
/// the logits. Written a piece at a time, because a request of ten megabytes may need a response of hundreds.
/// </summary>
/// <param name="logits">Rows of the answer's shape.</param>
/// <param name="largeGate">
/// Where each piece of a large answer takes a permit; null for one that is written at once.
/// </param>
internal abstract class RowsAnswer(FloatRows logits, ComputeGate? largeGate) : IResult
{
    private const int BytesBetweenFlushes = 64 * 1024;

    // Each piece of a large answer takes a thread, whose start costs as much as writing ten kilobytes.
    public const int LongPieceBytes = 256 * 1024;

    private const int NumbersBetweenPauses = 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var memory = Memory;
        var (response, cancellationToken) = (httpContext.Response, httpContext.RequestAborted);
        response.ContentType = PooledJson.ContentType;
        await response.StartAsync(cancellationToken); // rows then follow the headers directly
        await using var writer = new Utf8JsonWriter(response.BodyWriter);
        writer.WriteStartObject();
        foreach (var property in WriteProperties(writer))
        {
            using var pauses = property.GetEnumerator();
            while (largeGate is null
                ? WritePiece(pauses, writer, response, BytesBetweenFlushes)
                : await WriteLongPieceAsync(largeGate, pauses, writer, response, cancellationToken))
            {
                await FlushAsync(writer, response);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>What is reserved for the answer until it is sent.</summary>
    protected virtual ByteBudget.Reservation Memory => default;

    /// <summary>Each writes a property of the answer, and pauses where a part of it may be sent.</summary>
    protected abstract IEnumerable<Pause>[] WriteProperties(Utf8JsonWriter writer);

    protected IEnumerable<Pause> WriteEachRow(Utf8JsonWriter writer, string name, Action<int> writeRow)
    {
        BeginRows(writer, name);
        for (var row = 0; row < logits.RowCount; row++)
        {
            writeRow(row);
            yield return default;
        }

        EndRows(writer);
    }

    /// <summary>Writes numbers in the shape of the logits.</summary>
    protected IEnumerable<Pause> WriteNumbers(Utf8JsonWriter writer, string name, float[] values)
    {
        BeginRows(writer, name);
        for (var first = 0; first < values.Length; first += logits.ColumnCount)
        {
            writer.WriteStartArray();
            var end = first + logits.ColumnCount;
            for (var next = first; next < end; next += NumbersBetweenPauses)
            {
                WriteNumbers(writer, values.AsSpan(next, Math.Min(NumbersBetweenPauses, end - next)));
                yield return default;
            }

            writer.WriteEndArray();
        }

        EndRows(writer);
    }

    protected void BeginRows(Utf8JsonWriter writer, string name)
    {
        writer.WritePropertyName(name);
        if (logits.IsMatrix)
        {
            writer.WriteStartArray();
        }
    }

    protected void EndRows(Utf8JsonWriter writer)
    {
        if (logits.IsMatrix)
        {
            writer.WriteEndArray();
        }
    }

    /// <summary>Sends what has been written, once it is enough to be worth it.</summary>
    public static ValueTask FlushWhenFullAsync(Utf8JsonWriter writer, HttpResponse response) =>
        Unsent(writer, response) >= BytesBetweenFlushes ? FlushAsync(writer, response) : ValueTask.CompletedTask;

    // The writer passes its bytes on a few kilobytes at a time: most unsent bytes are in the pipe.
    private static long Unsent(Utf8JsonWriter writer, HttpResponse response) =>
        writer.BytesPending + response.BodyWriter.UnflushedBytes;

    private static async ValueTask FlushAsync(Utf8JsonWriter writer, HttpResponse response)
    {
        await writer.FlushAsync(response.HttpContext.RequestAborted);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
    }

    /// <summary>Writes until enough has come together to be sent; false once there is no more to write.</summary>
    private static bool WritePiece(
        IEnumerator<Pause> pauses, Utf8JsonWriter writer, HttpResponse response, int length)
    {
        while (pauses.MoveNext())
        {
            if (Unsent(writer, response) >= length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A client that is slow to read holds no permit meanwhile.</summary>
    private static async Task<bool> WriteLongPieceAsync(
        ComputeGate gate,
        IEnumerator<Pause> pauses,
        Utf8JsonWriter writer,
        HttpResponse response,
        CancellationToken cancellationToken)
    {
        using var permit = await gate.EnterAsync(cancellationToken);
        return await OwnThread.RunAsync(() => WritePiece(pauses, writer, response, LongPieceBytes));
    }

    private static void WriteNumbers(Utf8JsonWriter writer, ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (float.IsNegativeInfinity(value))
            {
                writer.WriteStringValue(LogitRows.Masked);
            }
            else
            {
                writer.WriteNumberValue(value);
            }
        }
    }

    /// <summary>A place where a part of the answer may be sent.</summary>
    protected readonly record struct Pause;
}

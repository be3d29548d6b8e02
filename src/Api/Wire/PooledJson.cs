using System.Buffers;
using System.Net.Mime;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// A JSON answer that is written whole before it is sent: its length is then known, and headers, body and end leave
/// together in one piece. Buffers are kept and used again.
/// </summary>
internal sealed class PooledJson : IDisposable
{
    public const string ContentType = $"{MediaTypeNames.Application.Json}; charset=utf-8";

    private const int FirstCapacity = 4096;
    private const int MostKept = 64 * 1024;

    // As ASP.NET Core writes JSON itself: an answer is no part of an HTML page.
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // One a thread: who rents one gives it back without having awaited anything.
    [ThreadStatic]
    private static PooledJson? _idle;

    private readonly ArrayBufferWriter<byte> _buffer = new(FirstCapacity);

    private PooledJson() => Writer = new Utf8JsonWriter(_buffer, Options);

    public Utf8JsonWriter Writer { get; }

    public static PooledJson Rent()
    {
        var rented = _idle ?? new PooledJson();
        _idle = null;
        return rented;
    }

    /// <summary>
    /// Sends what was written. Nothing of this object is in use when it returns, whether or not the task is done.
    /// </summary>
    public Task SendAsync(HttpResponse response)
    {
        Writer.Flush();
        response.ContentType = ContentType;
        response.ContentLength = _buffer.WrittenCount;

        // Headers first: the body then goes straight behind them, and Kestrel sends both when the request ends.
        var started = response.StartAsync();
        if (started.IsCompletedSuccessfully)
        {
            response.BodyWriter.Write(_buffer.WrittenSpan);
            return Task.CompletedTask;
        }

        return WriteLaterAsync(started, response, _buffer.WrittenSpan.ToArray());
    }

    public void Dispose()
    {
        if (_buffer.Capacity <= MostKept)
        {
            _buffer.ResetWrittenCount();
            Writer.Reset();
            _idle = this;
        }
    }

    private static async Task WriteLaterAsync(Task started, HttpResponse response, byte[] body)
    {
        await started;
        await response.BodyWriter.WriteAsync(body);
    }
}

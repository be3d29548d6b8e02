using System.Buffers;
using System.Net.Mime;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// A JSON response that is written whole before it is sent: its length is then known, and headers, body and end leave
/// together in one piece.
/// </summary>
internal sealed class PooledJson : IDisposable, IResettable
{
    public const string ContentType = $"{MediaTypeNames.Application.Json}; charset=utf-8";

    private const int InitialCapacity = 4096;
    private const int MaxPooledCapacity = 64 * 1024;

    // As ASP.NET Core writes JSON itself: a response is not embedded in HTML.
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Not ObjectPool.Create: its pool would dispose what it does not keep, which returns it to the pool.
    private static readonly ObjectPool<PooledJson> Pool =
        new DefaultObjectPool<PooledJson>(new DefaultPooledObjectPolicy<PooledJson>());

    private readonly ArrayBufferWriter<byte> _buffer = new(InitialCapacity);

    public PooledJson() => Writer = new Utf8JsonWriter(_buffer, Options);

    public Utf8JsonWriter Writer { get; }

    public static PooledJson Rent() => Pool.Get();

    /// <summary>
    /// Sends what was written. When it returns, this object may be disposed, even if the task is not done.
    /// </summary>
    public Task SendAsync(HttpResponse response)
    {
        Writer.Flush();
        response.ContentType = ContentType;
        response.ContentLength = _buffer.WrittenCount;

        // Headers first: the body then follows them directly, and Kestrel sends both when the request ends.
        var started = response.StartAsync();
        if (started.IsCompletedSuccessfully)
        {
            response.BodyWriter.Write(_buffer.WrittenSpan);
            return Task.CompletedTask;
        }

        return WriteLaterAsync(started, response, _buffer.WrittenSpan.ToArray());
    }

    public void Dispose() => Pool.Return(this);

    public bool TryReset()
    {
        if (_buffer.Capacity > MaxPooledCapacity)
        {
            return false;
        }

        _buffer.ResetWrittenCount();
        Writer.Reset();
        return true;
    }

    private static async Task WriteLaterAsync(Task started, HttpResponse response, byte[] body)
    {
        await started;
        await response.BodyWriter.WriteAsync(body);
    }
}

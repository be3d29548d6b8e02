using SoftmaxService.Api.Hosting;

namespace SoftmaxService.Api.Http;

/// <summary>
/// Refuses bodies over <see cref="LimitsOptions.MaxRequestBodyBytes"/>. Kestrel's own limit would close the connection while the client
/// still sends, and most clients then report a broken pipe and never read the answer. Refused here, the answer is sent first, and
/// Kestrel reads on for its drain time (five seconds) before it closes.
/// </summary>
internal static class BodyLimit
{
    public static void UseBodyLimit(this WebApplication app)
    {
        var limit = app.Services.GetRequiredService<LimitsOptions>().MaxRequestBodyBytes;
        app.Use((context, next) =>
        {
            if (context.Request.ContentLength > limit)
            {
                throw TooLarge(limit);
            }

            if (context.Request.ContentLength is null)
            {
                context.Request.Body = new CountingStream(context.Request.Body, limit);
            }

            return next(context);
        });
    }

    private static RequestException TooLarge(int limit) =>
        new(Problem.BodyTooLarge, $"The body is larger than {limit} bytes, the most that is taken (setting Limits:MaxRequestBodyBytes).");

    /// <summary>Counts a body that did not declare its length, and stops where it passes the limit.</summary>
    private sealed class CountingStream(Stream inner, int limit) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _read; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Count(await inner.ReadAsync(buffer, cancellationToken));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Count(int read)
        {
            _read += read;
            return _read <= limit ? read : throw TooLarge(limit);
        }
    }
}

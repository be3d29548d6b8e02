using System.Buffers;

namespace SoftmaxService.Api.Wire;

/// <summary>A request's whole body in a pooled buffer.</summary>
internal sealed class PooledBody : IDisposable
{
    // A declared length is only trusted this far: a client that promises gigabytes and sends nothing must cost nothing.
    // A larger body arrives in parts of this size, and is joined at its end. A buffer that doubled instead would leave
    // up to four times the body to the garbage collector.
    private const int MaxPart = 1 << 18;
    private const int MinInitialBuffer = 4096;

    // The shared pool keeps 32 arrays of each size per core, fewer than there are bodies under load: it would allocate
    // one body of 256 KB in ten anew. It also gives nothing back for a minute, and then only bit by bit.
    private const int MaxPartsOfASize = 64;
    private const int MaxPooledBuffer = 1 << 20;
    private const int MaxLargeBuffersOfASize = 16;

    private static Pools _pools = new();

    private List<byte[]>? _fullParts; // before the buffer, until the body has ended
    private byte[] _buffer;
    private int _bufferStart;
    private int _length;

    /// <summary>An empty body, to be filled.</summary>
    /// <param name="declaredLength">How many bytes it will have, where that is known.</param>
    public PooledBody(long? declaredLength = null)
    {
        var capacity = Math.Clamp((declaredLength ?? 0) + 1, MinInitialBuffer, MaxPart);
        _buffer = Rent((int)capacity);
    }

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>To read, or to overwrite with the response.</summary>
    public Span<byte> Span => _buffer.AsSpan(0, _length);

    public static ValueTask<PooledBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        MediaTypes.RejectEncodings(request);
        return ReadAsync(request.Body, request.ContentLength, cancellationToken);
    }

    public static async ValueTask<PooledBody> ReadAsync(
        Stream stream, long? declaredLength, CancellationToken cancellationToken)
    {
        var body = new PooledBody(declaredLength);
        try
        {
            await body.FillAsync(stream, cancellationToken);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The body as a stream, which is closed before the body is disposed.</summary>
    public MemoryStream OpenRead() => new(_buffer, 0, _length, writable: false);

    /// <summary>Adds what a stream holds that need not wait for its bytes.</summary>
    /// <param name="stream">Is read until its end, or until the body has as many bytes.</param>
    /// <param name="maxLength">How many bytes the body may have.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Whether the stream has ended.</returns>
    public bool Fill(Stream stream, int maxLength, CancellationToken cancellationToken)
    {
        while (_length < maxLength)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var free = Free();
            if (stream.Read(free.Span[..Math.Min(free.Length, maxLength - _length)]) is var count && count == 0)
            {
                Join();
                return true;
            }

            _length += count;
        }

        return false;
    }

    public void Dispose()
    {
        ReturnAll();
        _buffer = [];
        (_bufferStart, _length) = (0, 0);
    }

    private async ValueTask FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (await stream.ReadAsync(Free(), cancellationToken) is var count and > 0)
        {
            _length += count;
        }

        Join();
    }

    /// <summary>Room for what arrives next.</summary>
    private Memory<byte> Free()
    {
        if (_length - _bufferStart == _buffer.Length)
        {
            Grow();
        }

        return _buffer.AsMemory(_length - _bufferStart);
    }

    private void Grow()
    {
        if (_buffer.Length < MaxPart)
        {
            var larger = Rent(2 * _buffer.Length);
            _buffer.CopyTo(larger);
            Return(_buffer);
            _buffer = larger;
        }
        else
        {
            var next = Rent(MaxPart); // if it fails, the last part is still in one place only
            (_fullParts ??= []).Add(_buffer);
            (_buffer, _bufferStart) = (next, _length);
        }
    }

    /// <summary>Makes one buffer of all parts.</summary>
    private void Join()
    {
        if (_fullParts is null)
        {
            return;
        }

        var whole = Rent(_length);
        var end = 0;
        foreach (var part in _fullParts)
        {
            part.CopyTo(whole, end);
            end += part.Length;
        }

        _buffer.AsSpan(0, _length - end).CopyTo(whole.AsSpan(end));
        ReturnAll();
        (_buffer, _bufferStart) = (whole, 0);
    }

    private void ReturnAll()
    {
        _fullParts?.ForEach(Return);
        _fullParts = null;
        if (_buffer.Length > 0)
        {
            Return(_buffer);
        }
    }

    /// <summary>Leaves the buffers that are kept for the next bodies to the garbage collector.</summary>
    public static void ReleaseBuffers() => _pools = new Pools();

    private static byte[] Rent(int length) =>
        _pools.Of(length)?.Rent(length) ?? GC.AllocateUninitializedArray<byte>(length);

    /// <summary>Pools keep whatever has one of their sizes, and so also what one before them has lent.</summary>
    private static void Return(byte[] buffer) => _pools.Of(buffer.Length)?.Return(buffer);

    /// <summary>Larger buffers are allocated anew: that takes little beside reading what they hold.</summary>
    private sealed class Pools
    {
        private readonly ArrayPool<byte> _common = ArrayPool<byte>.Create(MaxPart, MaxPartsOfASize);
        private readonly ArrayPool<byte> _large = ArrayPool<byte>.Create(MaxPooledBuffer, MaxLargeBuffersOfASize);

        public ArrayPool<byte>? Of(int length) => length switch
        {
            <= MaxPart => _common,
            <= MaxPooledBuffer => _large,
            _ => null,
        };
    }
}

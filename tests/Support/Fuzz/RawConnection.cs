using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>An answer: its status, and for gRPC also the status of the call.</summary>
public sealed record RawAnswer(int Status, string MediaType, byte[] Body, bool KeepsOpen, int? GrpcStatus = null);

/// <summary>A connection that sends any bytes, valid or not, and reads the answer.</summary>
public sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan PatienceWithCut = TimeSpan.FromMilliseconds(300);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        LingerState = new LingerOption(true, 0),
    };
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    public static async Task<RawConnection> OpenAsync(int port, CancellationToken cancellationToken)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return connection;
    }

    /// <summary>Sends an HTTP/1.1 request. Returns null if the connection ends without an answer.</summary>
    /// <param name="request">All bytes.</param>
    /// <param name="mayBeIncomplete">
    /// Whether the server may wait for more than was sent. If so, the sending side is closed soon.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<RawAnswer?> RequestAsync(
        ReadOnlyMemory<byte> request,
        bool mayBeIncomplete,
        CancellationToken cancellationToken) =>
        ExchangeAsync(
            request,
            mayBeIncomplete,
            ReadAnswerAsync(request.Span.StartsWith("HEAD "u8), cancellationToken),
            cancellationToken);

    /// <summary>
    /// Sends the bytes of a whole HTTP/2 connection with one call. Returns null if the connection ends without an
    /// answer.
    /// </summary>
    public Task<RawAnswer?> CallAsync(
        ReadOnlyMemory<byte> connection,
        bool mayBeIncomplete,
        CancellationToken cancellationToken) =>
        ExchangeAsync(connection, mayBeIncomplete, ReadCallAsync(cancellationToken), cancellationToken);

    private async Task<RawAnswer?> ExchangeAsync(
        ReadOnlyMemory<byte> bytes,
        bool mayBeIncomplete,
        Task<RawAnswer?> reading,
        CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(bytes, cancellationToken);
            if (mayBeIncomplete
                && await Task.WhenAny(reading, Task.Delay(PatienceWithCut, cancellationToken)) != reading)
            {
                // Not at once, because Kestrel aborts requests of a client that has closed its side.
                _socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // The server closed the connection while we were sending; its answer can still be read.
        }

        try
        {
            return await reading;
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException)
        {
            return null;
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<RawAnswer?> ReadAnswerAsync(bool isHead, CancellationToken cancellationToken)
    {
        string[] head;
        int status;
        do
        {
            head = (await ReadHeadAsync(cancellationToken)).Split("\r\n");
            status = int.Parse(head[0].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        while (status < 200);

        string? Header(string name) =>
            head.Skip(1).FirstOrDefault(line => line.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase))
                is { } line
                ? line[(name.Length + 1)..].Trim()
                : null;
        byte[] body;
        if (isHead || status is 204 or 304)
        {
            body = [];
        }
        else if (Header("Transfer-Encoding") == "chunked")
        {
            body = await ReadChunksAsync(cancellationToken);
        }
        else
        {
            body = await ReadBytesAsync(
                int.Parse(Header("Content-Length") ?? "0", CultureInfo.InvariantCulture),
                cancellationToken);
        }

        return new RawAnswer(
            status,
            Header("Content-Type")?.Split(';')[0] ?? "",
            body,
            Header("Connection") != "close");
    }

    private async Task<RawAnswer?> ReadCallAsync(CancellationToken cancellationToken)
    {
        var status = 0;
        while (true)
        {
            var head = await ReadBytesAsync(GrpcCall.FrameHeaderLength, cancellationToken);
            var payload = await ReadBytesAsync(BinaryPrimitives.ReadInt32BigEndian(head) >>> 8, cancellationToken);
            var isEnd = (head[4] & GrpcCall.EndStream) != 0;
            switch (head[3])
            {
                case GrpcCall.ResetStream or GrpcCall.GoAway:
                    return null;
                case GrpcCall.Headers:
                    status = status == 0 ? StatusIn(payload) : status;
                    if (isEnd)
                    {
                        return new RawAnswer(status, "application/grpc", [], KeepsOpen: false, GrpcStatusIn(payload));
                    }

                    break;
                case GrpcCall.Data when isEnd:
                    return new RawAnswer(status, "", payload, KeepsOpen: false);
            }
        }
    }

    /// <summary>
    /// The first field is :status, either indexed in the static table (RFC 7541, appendix A) or a literal. Returns 0 if
    /// damage has made the server encode it in another way.
    /// </summary>
    private static int StatusIn(byte[] block)
    {
        int[] indexed = [200, 204, 206, 304, 400, 404, 500];
        var first = block.AsSpan().IndexOfAnyExcept((byte)0x20); // A new table size may precede it.
        if (first >= 0 && block[first] is >= 0x88 and <= 0x8e and var index)
        {
            return indexed[index - 0x88];
        }

        return
            block.Length >= first + 5
            && int.TryParse(block.AsSpan(first + 2, 3), CultureInfo.InvariantCulture, out var status)
            ? status
            : 0;
    }

    private static int? GrpcStatusIn(byte[] block)
    {
        var name = block.AsSpan().IndexOf("grpc-status"u8);
        var value = name + "grpc-status"u8.Length;
        return
            name >= 0
            && int.TryParse(block.AsSpan(value + 1, block[value]), CultureInfo.InvariantCulture, out var status)
            ? status
            : null;
    }

    private async Task<string> ReadHeadAsync(CancellationToken cancellationToken)
    {
        int length;
        while ((length = _buffer.AsSpan(_start.._end).IndexOf("\r\n\r\n"u8)) < 0)
        {
            await ReceiveAsync(cancellationToken);
        }

        var head = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length + 4;
        return head;
    }

    private async Task<byte[]> ReadChunksAsync(CancellationToken cancellationToken)
    {
        var body = new List<byte>();
        while (true)
        {
            int length;
            while ((length = _buffer.AsSpan(_start.._end).IndexOf("\r\n"u8)) < 0)
            {
                await ReceiveAsync(cancellationToken);
            }

            var size = int.Parse(_buffer.AsSpan(_start, length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _start += length + 2;
            body.AddRange((await ReadBytesAsync(size + 2, cancellationToken)).AsSpan(..size));
            if (size == 0)
            {
                return [.. body];
            }
        }
    }

    private async Task<byte[]> ReadBytesAsync(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count)
        {
            await ReceiveAsync(cancellationToken);
        }

        var bytes = _buffer[_start..(_start + count)];
        _start += count;
        return bytes;
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var received = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += received > 0 ? received : throw new EndOfStreamException();
    }
}

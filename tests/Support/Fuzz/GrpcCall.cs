using System.Buffers.Binary;
using System.Text;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>
/// A gRPC call as the bytes of a whole HTTP/2 connection, written by hand so that any byte can be wrong.
/// </summary>
public static class GrpcCall
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte ResetStream = 3;
    public const byte GoAway = 7;
    public const byte EndStream = 1;
    public const int FrameHeaderLength = 9;

    private const byte Settings = 4;
    private const byte EndHeaders = 4;
    private const int LargestFrame = 16 * 1024;
    private static readonly byte[] NoHeaderTable = [0, 1, 0, 0, 0, 0]; // The server then answers with literals.

    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public static byte[] Connection(string path, byte[] framedMessage, params (string Name, string Value)[] headers)
    {
        var bytes = new List<byte>();
        bytes.AddRange(Preface);
        bytes.AddRange(Frame(Settings, 0, 0, NoHeaderTable));
        byte[] block =
        [
            .. Literal(":method", "POST"),
            .. Literal(":scheme", "http"),
            .. Literal(":path", path),
            .. Literal(":authority", "localhost"),
            .. Literal("content-type", "application/grpc"),
            .. Literal("te", "trailers"),
            .. headers.SelectMany(header => Literal(header.Name, header.Value)),
        ];
        bytes.AddRange(Frame(Headers, EndHeaders, 1, block));
        for (var start = 0; start == 0 || start < framedMessage.Length; start += LargestFrame)
        {
            var end = Math.Min(framedMessage.Length, start + LargestFrame);
            bytes.AddRange(
                Frame(Data, end == framedMessage.Length ? EndStream : (byte)0, 1, framedMessage[start..end]));
        }

        return [.. bytes];
    }

    /// <summary>A message, prefixed with its flag and length.</summary>
    public static byte[] Framed(byte[] message, byte flag = 0)
    {
        var head = new byte[5];
        head[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), message.Length);
        return [.. head, .. message];
    }

    /// <summary>A length-delimited field of a message: text, bytes, packed numbers or a message.</summary>
    public static byte[] Field(int number, params byte[] value) =>
        [.. Varint((number << 3) | 2), .. Varint(value.Length), .. value];

    public static byte[] Field(int number, string value) => Field(number, Encoding.UTF8.GetBytes(value));

    public static byte[] Varint(long value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7f; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var head = new byte[FrameHeaderLength];
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8);
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        return [.. head, .. payload];
    }

    /// <summary>A header field without indexing (RFC 7541, section 6.2.2).</summary>
    private static byte[] Literal(string name, string value) => [0, .. Text(name), .. Text(value)];

    private static byte[] Text(string text)
    {
        const int Prefix = 127;
        var bytes = Encoding.Latin1.GetBytes(text);
        return bytes.Length < Prefix
            ? [(byte)bytes.Length, .. bytes]
            : [Prefix, .. Varint(bytes.Length - Prefix), .. bytes];
    }
}

using System.Globalization;
using System.Text;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>An HTTP/1.1 request as bytes, written by hand so that any byte can be wrong.</summary>
internal static class RawRequest
{
    public static byte[] Bytes(
        string method,
        string target,
        IEnumerable<string> headers,
        byte[] body,
        bool declaresLength = true)
    {
        var length = declaresLength
            ? string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n")
            : "";
        return
        [
            .. Encoding.Latin1.GetBytes(
                $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n"
                    + $"{string.Concat(headers.Select(header => $"{header}\r\n"))}{length}\r\n"),
            .. body,
        ];
    }

    /// <summary>A body in chunks of random lengths.</summary>
    public static byte[] Chunked(Random random, byte[] body)
    {
        using var chunked = new MemoryStream();
        for (var start = 0; start < body.Length;)
        {
            var count = Math.Min(random.Next(1, 2000), body.Length - start);
            chunked.Write(Encoding.ASCII.GetBytes($"{count:x}\r\n"));
            chunked.Write(body, start, count);
            chunked.Write("\r\n"u8);
            start += count;
        }

        chunked.Write("0\r\n\r\n"u8);
        return chunked.ToArray();
    }
}

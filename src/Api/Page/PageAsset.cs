using System.IO.Compression;

namespace SoftmaxService.Api.Page;

/// <summary>
/// One file of the page, as it is and compressed. It is compressed on the first request for that encoding, and kept.
/// </summary>
internal sealed class PageAsset
{
    public const string Brotli = "br";
    public const string Gzip = "gzip";

    private const string Png = "image/png";

    private const int BrotliWindowBits = 18; // all of a file at once

    // The highest, 11, gives 9 % less and takes 25 times as long, which the first visitor would wait for.
    private const int BrotliQuality = 6;

    private readonly byte[] _content;
    private readonly Lazy<byte[]> _brotli;
    private readonly Lazy<byte[]> _gzip;

    public PageAsset(string name, byte[] content)
    {
        ContentType = ContentTypeOf(name);
        _content = content;
        _brotli = new Lazy<byte[]>(() => WithBrotli(content));
        _gzip = new Lazy<byte[]>(() => WithGzip(content));
    }

    public string ContentType { get; }

    public bool IsCompressed => ContentType != Png;

    /// <summary>The bytes in one of the encodings above, or as they are.</summary>
    public ReadOnlyMemory<byte> Encoded(string? encoding) => encoding switch
    {
        Brotli => _brotli.Value,
        Gzip => _gzip.Value,
        _ => _content,
    };

    private static string ContentTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => Png,
        ".webmanifest" => "application/manifest+json",
        var other => throw new ArgumentException(
            $"The page's file '{name}' ends in '{other}', for which {nameof(PageAsset)} has no content type."),
    };

    private static byte[] WithBrotli(byte[] content)
    {
        var compressed = new byte[BrotliEncoder.GetMaxCompressedLength(content.Length)];
        return BrotliEncoder.TryCompress(content, compressed, out var length, BrotliQuality, BrotliWindowBits)
            ? compressed[..length]
            : throw new InvalidOperationException("Brotli returned more than its declared maximum.");
    }

    private static byte[] WithGzip(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize))
        {
            gzip.Write(content);
        }

        return compressed.ToArray();
    }
}

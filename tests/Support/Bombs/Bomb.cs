using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using SkiaSharp;
using SoftmaxService.Tests.Support.Fuzz;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.Tests.Support.Bombs;

/// <summary>A request that is small, or claims to be, and would be expensive to answer.</summary>
/// <param name="Name">Its description.</param>
/// <param name="Status">The expected status.</param>
/// <param name="Reason">Expected text in the answer: a problem's code, or under /v2 a part of the error.</param>
/// <param name="MakeBytes">Makes all bytes sent over the wire.</param>
public sealed record Bomb(string Name, int Status, string Reason, Func<byte[]> MakeBytes)
{
    private const int Parts = 10_000;
    private const int Nesting = 100_000;
    private const int Frames = 65_535;
    private const int Giga = 1_000_000_000;
    private const string Boundary = "bomb";

    // A body at the limit would only be rejected for its length.
    private const int UnderTheLimit = 9_000_000;

    private static readonly Lazy<byte[]> Inflating = new(() => Zeros(Giga, isGzip: false));
    private static readonly Lazy<byte[]> InflatingGzip = new(() => Zeros(Giga, isGzip: true));

    public static IReadOnlyList<Bomb> All { get; } =
    [
        new(
            "PNG header of 30000 × 30000 pixels",
            413,
            "image-too-large",
            () => Image(EncodedImages.EmptyPng(30_000, 30_000))),
        new(
            "PNG of 30000 × 30000 pixels whose data inflate to 1 GB",
            413,
            "image-too-large",
            () => Image(Png(30_000, ("IDAT", Inflating.Value)))),
        new(
            "PNG of 28 × 28 pixels whose data inflate to 1 GB",
            422,
            "image-undecodable",
            () => Image(Png(28, ("IDAT", Inflating.Value)))),
        new("GIF of 65,535 small frames", 413, "image-too-large", () => Image(Gif(screen: 1))),
        new(
            "GIF of 65,535 frames on a screen of 65535 × 65535 pixels",
            413,
            "image-too-large",
            () => Image(Gif(ushort.MaxValue))),
        new(
            "gzip of 1 GB to `/v2`",
            413,
            "Limits:MaxDecompressedBytes",
            () => Http("/v2/models/mnist/infer", "application/json", InflatingGzip.Value, "Content-Encoding: gzip")),
        new(
            "gzip of gzip to `/v2`",
            415,
            "gzip, gzip",
            () =>
                Http(
                    "/v2/models/mnist/infer",
                    "application/json",
                    Zeros(1_000_000, isGzip: true),
                    "Content-Encoding: gzip, gzip")),
        new(
            "gzip of 1 GB to `/softmax`",
            415,
            "unsupported-media-type",
            () => Http("/softmax", "application/json", InflatingGzip.Value, "Content-Encoding: gzip")),
        new(
            "form of 10,000 images",
            413,
            "too-many-images",
            () =>
                Http(
                    "/classify",
                    $"multipart/form-data; boundary={Boundary}",
                    FuzzSeeds.Form(Boundary, [.. Enumerable.Repeat(FuzzSeeds.Images[0].Bytes, Parts)]))),
        new(
            "JSON with 10,000 images",
            413,
            "too-many-images",
            () => Http("/classify", "application/json", ManyImages())),
        .. new[]
        {
            ("/classify", "images", "malformed-json"),
            ("/softmax", "logits", "invalid-logits"),
            ("/softmax/gradient", "upstream", "invalid-parameter"),
            ("/calibrate", "logits", "invalid-logits"),
            ("/v2/models/mnist/infer", "other", "Limits:MaxJsonDepth"),
        }.Select(route => new Bomb(
            $"JSON nested 100,000 deep to `{route.Item1}`",
            400,
            route.Item3,
            () => Http(route.Item1, "application/json", Nested(route.Item2)))),
        new(
            "4 GB declared",
            413,
            "body-too-large",
            () => Http("/classify", "image/png", [], "Content-Length: 4294967296")),
        new(
            "chunk of 2 GB declared",
            400,
            "bad-request",
            () => Http("/classify", "image/png", "ffffffff\r\n"u8.ToArray(), "Transfer-Encoding: chunked")),
        new(
            "row of 2 billion classes declared",
            400,
            "invalid-logits",
            () => Http("/softmax?classes=2147483647", "application/octet-stream", new byte[4])),
        new(
            "9 MB of brackets",
            400,
            "invalid-logits",
            () =>
                Http(
                    "/softmax",
                    "application/json",
                    Encoding.ASCII.GetBytes($$"""{"logits": {{new string('[', UnderTheLimit)}}"""))),
    ];

    /// <summary>
    /// Valid images with an oversized part that no pixel needs. The part is not read, and the image is classified.
    /// </summary>
    public static IReadOnlyList<Bomb> Harmless { get; } =
    [
        new(
            "PNG whose colour profile inflates to 1 GB",
            200,
            "predictions",
            () => Image(Png(28, ("iCCP", [.. "p\0\0"u8, .. Inflating.Value]), ("IDAT", Zeros(1_000, isGzip: false))))),
        new(
            "PNG whose text inflates to 1 GB",
            200,
            "predictions",
            () =>
                Image(
                    Png(28, ("zTXt", [.. "Comment\0\0"u8, .. Inflating.Value]), ("IDAT", Zeros(1_000, isGzip: false))))
        ),
    ];

    public bool IsAnswered(RawAnswer? answer) =>
        answer?.Status == Status && Encoding.UTF8.GetString(answer.Body).Contains(Reason, StringComparison.Ordinal);

    public override string ToString() => Name;

    private static byte[] Image(byte[] image) => Http("/classify", "image/png", image);

    private static byte[] Http(string target, string mediaType, byte[] body, string? framing = null)
    {
        string[] headers =
        [
            $"POST {target} HTTP/1.1",
            "Host: localhost",
            $"Content-Type: {mediaType}",
            .. framing is null ? [] : (string[])[framing],
        ];
        var length =
            framing is null || framing.StartsWith("Content-Encoding", StringComparison.Ordinal)
                ? string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n")
                : "";
        return [.. Encoding.ASCII.GetBytes($"{string.Join("\r\n", headers)}\r\n{length}\r\n"), .. body];
    }

    private static byte[] ManyImages()
    {
        var image = $"\"{Convert.ToBase64String(FuzzSeeds.Images[0].Bytes)}\"";
        return Encoding.UTF8.GetBytes($$"""{"images": [{{string.Join(',', Enumerable.Repeat(image, Parts))}}]}""");
    }

    private static byte[] Nested(string property) =>
        Encoding.ASCII.GetBytes($$"""{"{{property}}": {{new string('[', Nesting)}}1{{new string(']', Nesting)}}}""");

    private static byte[] Zeros(long count, bool isGzip)
    {
        using var compressed = new MemoryStream();
        using (
            Stream stream = isGzip
                ? new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)
                : new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var block = new byte[1 << 20];
            for (; count > 0; count -= block.Length)
            {
                stream.Write(block, 0, (int)Math.Min(block.Length, count));
            }
        }

        return compressed.ToArray();
    }

    /// <summary>A PNG that declares a square of grey pixels.</summary>
    private static byte[] Png(int side, params (string Type, byte[] Data)[] chunks)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), side);
        header[8] = 8;
        return
        [
            0x89,
            .. "PNG\r\n"u8,
            0x1A,
            0x0A,
            .. Chunk("IHDR", header),
            .. chunks.SelectMany(chunk => Chunk(chunk.Type, chunk.Data)),
            .. Chunk("IEND", []),
        ];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(body.Length + 4), Crc32.HashToUInt32(body));
        return chunk;
    }

    /// <summary>A GIF with 65,535 frames of one pixel each, on a screen of any size.</summary>
    private static byte[] Gif(ushort screen)
    {
        var one = EncodedImages.Gif(1, 1, [SKColors.White], (_, _) => 0);
        BinaryPrimitives.WriteUInt16LittleEndian(one.AsSpan(6), screen);
        BinaryPrimitives.WriteUInt16LittleEndian(one.AsSpan(8), screen);
        const int HeadLength = 13 + (3 * 128);
        var frame = one[HeadLength..^1];
        using var gif = new MemoryStream();
        gif.Write(one, 0, HeadLength);
        for (var i = 0; i < Frames; i++)
        {
            gif.Write(frame);
        }

        gif.WriteByte(one[^1]);
        return gif.ToArray();
    }
}

using System.IO.Compression;
using System.Text;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>Compressed request bodies.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferCompressedTests(SmallModelService service)
{
    private const string Json =
        """
        {"inputs": [
          {"name": "pixels", "datatype": "FP32", "shape": [1, 4], "parameters": {"binary_data_size": 16}}],
         "outputs": [{"name": "logits"}]}
        """;

    // RFC 1952, section 2.3: a header, an empty block, and the checksum and length of nothing.
    private static readonly byte[] EmptyMember =
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static readonly byte[] Body = [.. Encoding.UTF8.GetBytes(Json), .. InferCalls.Bytes(3, 1, 2, 9)];

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("GZIP")]
    [InlineData("identity")]
    public async Task ABodyMayBeCompressed(string encoding)
    {
        var answer = await SendAsync(Compress(Body, encoding), encoding);

        Assert.Equal([3f, 1f, 2f], answer.Output("logits").Floats());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task DataThatInflatesBeyondTheLimitIsRejected(string encoding)
    {
        var bomb = Compress(new byte[50_000_000], encoding);

        Assert.InRange(bomb.Length, 1, 100_000);
        (await SendAsync(bomb, encoding)).IsError(413, "Limits:MaxDecompressedBytes");
    }

    [Theory]
    [InlineData("br")]
    [InlineData("zstd")]
    [InlineData("gzip, gzip")]
    public async Task AnUnsupportedEncodingIsRejected(string encoding) =>
        (await SendAsync(Body, encoding)).IsError(415, encoding, "gzip", "deflate");

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task ADamagedBodyIsRejected(string encoding)
    {
        var damaged = Compress(Body, encoding);
        damaged[^(encoding == "gzip" ? 5 : 1)] ^= 0xff; // in the checksum

        (await SendAsync(damaged, encoding)).IsError(400, "damaged");
        (await SendAsync(Body, encoding)).IsError(400, "damaged");
        (await SendAsync(Compress(Body, encoding == "gzip" ? "deflate" : "gzip"), encoding)).IsError(400, "damaged");
    }

    /// <summary>Wherever a bit is wrong, the body still has its end.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task ALargeBodyWithAWrongBitIsCalledDamaged(string encoding)
    {
        var random = new Random(1);
        var noise = string.Join(',', Enumerable.Range(0, 20_000).Select(_ => random.Next(1000)));
        var whole = Compress(Encoding.UTF8.GetBytes($"[{noise}]"), encoding);
        for (var bit = 8 * (whole.Length - 300); bit < 8 * whole.Length; bit += 11)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            (await SendAsync(damaged, encoding)).IsError(400, encoding, "damaged");
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task ABodyThatIsCutShortIsRejected(string encoding)
    {
        var whole = Compress(Body, encoding);
        var begins = Enumerable.Range(1, 20);
        foreach (var length in begins.Concat(begins.Select(missing => whole.Length - missing)))
        {
            (await SendAsync(whole[..length], encoding)).IsError(400, encoding, "cut short");
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task DataAfterTheEndIsRejected(string encoding)
    {
        var whole = Compress(Body, encoding);
        foreach (var length in new[] { 1, 2, 8, 9, 100, 50_000 })
        {
            (await SendAsync([.. whole, .. new byte[length]], encoding)).IsError(400, encoding, "after its end");
            (await SendAsync([.. whole, .. Body.Take(length)], encoding)).IsError(400, encoding, "after its end");
        }
    }

    [Fact]
    public async Task AGzipBodyMayHaveSeveralMembers()
    {
        byte[] members =
        [
            .. Compress(Body[..7], "gzip"),
            .. EmptyMember,
            .. Compress(Body[7..], "gzip"),
            .. EmptyMember,
        ];

        var answer = await SendAsync(members, "gzip");

        Assert.Equal([3f, 1f, 2f], answer.Output("logits").Floats());
        (await SendAsync(members[..^1], "gzip")).IsError(400, "cut short");
        (await SendAsync([.. members, 1], "gzip")).IsError(400, "after its end");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task AnEmptyBodyIsCalledEmpty(string encoding) =>
        (await SendAsync([], encoding)).IsError(400, InferCalls.HeaderLength);

    [Fact]
    public async Task OurRoutesRejectCompressedBodies() =>
        (
            await service.SendAsync(
                "/softmax",
                Compress("""{"logits": [1, 2]}"""u8.ToArray(), "gzip"),
                ("Content-Type", "application/json"),
                ("Content-Encoding", "gzip"))).IsProblem(415, "unsupported-media-type");

    private Task<Answer> SendAsync(byte[] body, string encoding) =>
        service.SendAsync(
            "/v2/models/plain/infer",
            body,
            ("Content-Encoding", encoding),
            (InferCalls.HeaderLength, InferCalls.Text(Json.Length)));

    private static byte[] Compress(byte[] body, string encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding.ToLowerInvariant() switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            _ => compressed,
        })
        {
            stream.Write(body);
        }

        return compressed.ToArray();
    }
}

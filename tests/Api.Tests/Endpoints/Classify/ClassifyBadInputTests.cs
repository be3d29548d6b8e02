using System.Buffers.Binary;
using System.IO.Hashing;

namespace SoftmaxService.Api.Tests.Endpoints.Classify;

[Collection(nameof(RunningService))]
public sealed class ClassifyBadInputTests(RunningService service)
{
    [Fact]
    public async Task AnEmptyBodyIsRejected() =>
        (await service.ClassifyAsync([])).IsProblem(400, "image-empty");

    [Fact]
    public async Task ATruncatedPngIsRejected() =>
        (await service.ClassifyAsync(RunningService.Seven[..^200])).IsProblem(422, "image-undecodable", "PNG");

    [Fact]
    public async Task TextAsPngIsRejected() =>
        (await service.ClassifyAsync("I am no picture."u8.ToArray())).IsProblem(
            415,
            "image-format-unsupported",
            "PNG, JPEG, WebP, GIF, BMP");

    [Fact]
    public async Task ATiffIsRejectedWithTheListOfFormats()
    {
        byte[] tiff = [.. "II*\0"u8, 8, 0, 0, 0, 0, 0];

        (await service.ClassifyAsync(tiff)).IsProblem(415, "image-format-unsupported", "PNG, JPEG, WebP, GIF, BMP");
        (await service.ClassifyAsync(tiff, mediaType: "image/tiff")).IsProblem(
            415,
            "unsupported-media-type",
            "image/png");
    }

    [Fact]
    public async Task AHeaderThatClaimsTooManyPixelsIsRejected() =>
        (await service.ClassifyAsync(PngHeader(30000, 30000))).IsProblem(413, "image-too-large", "30000", "40");

    [Fact]
    public async Task AnImageWithoutPixelsIsRejected() =>
        (await service.ClassifyAsync(PngHeader(0, 0))).IsProblem(422, "image-undecodable");

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("garbage")]
    public async Task AnUnsupportedContentTypeIsRejected(string? mediaType)
    {
        using var content = new ByteArrayContent(RunningService.Seven);
        if (mediaType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }

        var answer = await Answer.ReadAsync(await service.Client.PostAsync("/classify", content));

        answer.IsProblem(415, "unsupported-media-type", "multipart/form-data", "image/png");
    }

    [Fact]
    public async Task ABodyOverTheLimitIsRejected() =>
        (await service.ClassifyAsync(new byte[11_000_000])).IsProblem(413, "body-too-large");

    [Fact]
    public async Task ABodyOverTheLimitWithoutALengthIsRejected()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/classify")
        {
            Content = new ByteArrayContent(new byte[11_000_000]),
        };
        request.Content.Headers.ContentType = new("image/png");
        request.Headers.TransferEncodingChunked = true;

        (await Answer.ReadAsync(await service.Client.SendAsync(request))).IsProblem(413, "body-too-large", "10485760");
    }

    [Fact]
    public async Task AFormOverTheLimitIsRejected() =>
        (await service.PostFormAsync("/classify", new byte[11_000_000])).IsProblem(413, "body-too-large");

    [Theory]
    [InlineData("model=nobody", "model-not-found", "mnist")]
    [InlineData("version=99", "version-not-found", "1")]
    [InlineData("version=..", "version-not-found", "1")]
    [InlineData("model=..%2f..%2fetc", "model-not-found", "mnist")]
    public async Task AnUnknownModelIsNotFound(string query, string code, string mention) =>
        (await service.ClassifyAsync(RunningService.Seven, $"?{query}")).IsProblem(404, code, mention);

    [Theory]
    [InlineData("temperature=0")]
    [InlineData("temperature=-1")]
    [InlineData("temperature=NaN")]
    [InlineData("temperature=Infinity")]
    [InlineData("temperature=1e400")]
    [InlineData("temperature=1e-60")]
    [InlineData("temperature=abc")]
    [InlineData("temperature=")]
    [InlineData("temperature=1,5")]
    [InlineData("temperature=1&temperature=2")]
    [InlineData("topK=0")]
    [InlineData("topK=-1")]
    [InlineData("topK=1.5")]
    [InlineData("topK=x")]
    [InlineData("threshold=-0.1")]
    [InlineData("threshold=1.1")]
    [InlineData("threshold=NaN")]
    [InlineData("alpha=0")]
    [InlineData("alpha=1")]
    [InlineData("alpha=high")]
    [InlineData("temprature=2")]
    public async Task AParameterThatIsNotValidIsRejectedByName(string query) =>
        (await service.ClassifyAsync(RunningService.Seven, $"?{query}")).IsProblem(
            400,
            "invalid-parameter",
            query.Split('=')[0]);

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"images": []}""")]
    [InlineData("""{"image": "!!!"}""")]
    [InlineData("""{"image": 7}""")]
    [InlineData("""{"image": null}""")]
    [InlineData("""{"images": [null]}""")]
    [InlineData("""{"image": "AAAA", "images": ["AAAA"]}""")]
    [InlineData("""{"picture": "AAAA"}""")]
    [InlineData("")]
    public async Task JsonThatIsNotTheRequestIsRejected(string json) =>
        (await service.PostAsync("/classify", json)).IsProblem(400, "malformed-json");

    [Fact]
    public async Task AFormWithoutFilesIsRejected()
    {
        using var form = new MultipartFormDataContent { { new StringContent("2"), "temperature" } };

        (await Answer.ReadAsync(await service.Client.PostAsync("/classify", form))).IsProblem(
            400,
            "invalid-form",
            "temperature",
            "query");
    }

    [Fact]
    public async Task EmptyFieldsAreIgnored()
    {
        byte[] form =
        [
            .. "--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"\"\r\n"u8,
            .. "Content-Type: application/octet-stream\r\n\r\n\r\n"u8,
            .. "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n\r\n"u8,
            .. "--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"seven.png\"\r\n\r\n"u8,
            .. RunningService.Seven,
            .. "\r\n--x--\r\n"u8,
        ];

        var answer = await service.PostAsync("/classify", form, "multipart/form-data; boundary=x");

        Assert.Equal(
            (200, "7"),
            (answer.Status, answer.Json.GetProperty("predictions")[0].GetProperty("label").GetString()));
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("multipart/form-data; boundary=\"\"")]
    public async Task ABrokenFormIsRejected(string mediaType)
    {
        using var content = new ByteArrayContent(
            "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\n\r\nabc"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);

        (await Answer.ReadAsync(await service.Client.PostAsync("/classify", content))).IsProblem(400, "invalid-form");
    }

    [Fact]
    public async Task ATextFieldInAnotherCharsetIsATextField()
    {
        using var form = new MultipartFormDataContent();
        using var text = new ByteArrayContent("2"u8.ToArray());
        text.Headers.TryAddWithoutValidation("Content-Type", "text/plain; charset=utf-7");
        form.Add(text, "temperature");

        (await Answer.ReadAsync(await service.Client.PostAsync("/classify", form))).IsProblem(
            400,
            "invalid-form",
            "temperature");
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("text/html")]
    public async Task AProblemIsADocumentWhateverTheRequestAccepts(string accept)
    {
        using var rejected = new HttpRequestMessage(HttpMethod.Post, "/classify?temperature=0")
        {
            Headers = { { "Accept", accept } },
        };
        using var unknown = new HttpRequestMessage(HttpMethod.Get, "/nothing") { Headers = { { "Accept", accept } } };

        (await Answer.ReadAsync(await service.Client.SendAsync(rejected))).IsProblem(400, "invalid-parameter");
        (await Answer.ReadAsync(await service.Client.SendAsync(unknown))).IsProblem(404, "not-found");
    }

    [Fact]
    public async Task NoMessageEchoesALongInput()
    {
        var endless = new string('x', 4000);

        Assert.InRange(
            (await service.ClassifyAsync(RunningService.Seven, $"?temperature={endless}")).Detail.Length,
            1,
            300);
        Assert.InRange((await service.ClassifyAsync(RunningService.Seven, $"?{endless}=1")).Detail.Length, 1, 300);
        Assert.InRange((await service.ClassifyAsync(RunningService.Seven, $"?model={endless}")).Detail.Length, 1, 300);
        Assert.InRange((await service.GetAsync($"/{endless}")).Detail.Length, 1, 300);
    }

    [Fact]
    public async Task MoreFilesThanTheLimitAreRejected() =>
        (await service.PostFormAsync("/classify", [.. Enumerable.Repeat("x"u8.ToArray(), 1100)])).IsProblem(
            413,
            "too-many-images",
            "256");

    /// <summary>Those of a large body are counted before it is parsed: it may end where it is no JSON.</summary>
    [Theory]
    [InlineData(257, "]}")]
    [InlineData(50_000, "]}")]
    [InlineData(50_000, ", ")]
    public async Task MoreImagesThanTheLimitAreRejected(int count, string end)
    {
        var images = string.Join(",", Enumerable.Repeat("\"AAAA\"", count));

        (await service.PostAsync("/classify", $$"""{"images": [{{images}}{{end}}""")).IsProblem(
            413,
            "too-many-images",
            "256");
    }

    [Fact]
    public async Task TheServiceStillAnswersAfterAll()
    {
        await service.ClassifyAsync(PngHeader(30000, 30000));

        Assert.Equal(200, (await service.ClassifyAsync(RunningService.Seven)).Status);
    }

    /// <summary>A PNG that declares a size in its header but has only ten bytes of data.</summary>
    private static byte[] PngHeader(uint width, uint height)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 6);
        return
        [
            0x89,
            .. "PNG\r\n\x1a\n"u8,
            .. Chunk("IHDR"u8, header),
            .. Chunk("IDAT"u8, [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1, 0]),
            .. Chunk("IEND"u8, []),
        ];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        byte[] content = [.. name, .. data];
        var numbers = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(numbers, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(numbers.AsSpan(4), Crc32.HashToUInt32(content));
        return [.. numbers[..4], .. content, .. numbers[4..]];
    }
}

using System.Text;

namespace SoftmaxService.Api.Tests.Endpoints.Logits;

[Collection(nameof(RunningService))]
public sealed class SoftmaxBadInputTests(RunningService service)
{
    [Theory]
    [InlineData("[]", "empty")]
    [InlineData("[[]]", "logits[0]", "empty")]
    [InlineData("[[1, 2], []]", "logits[1]", "empty")]
    [InlineData("[[1, 2], [3]]", "logits[1]", "1 numbers", "2")]
    [InlineData("[[1], [2, 3]]", "logits[1]", "2 numbers", "1")]
    [InlineData("[1, \"NaN\"]", "logits[1]", "NaN")]
    [InlineData("[1, \"Infinity\"]", "logits[1]", "Infinity")]
    [InlineData("[\"1\", 2]", "logits[0]")]
    [InlineData("[1, \"cat\"]", "logits[1]", "cat")]
    [InlineData("[[[1]]]", "three deep")]
    [InlineData("[[1, [2]]]", "logits[0][1]", "three deep")]
    [InlineData("[1, [2]]", "logits[1]")]
    [InlineData("[[1], 2]", "logits[1]", "2")]
    [InlineData("[1, null]", "logits[1]", "null")]
    [InlineData("[1, {}]", "logits[1]", "object")]
    [InlineData("[1, 1e400]", "logits[1]", "1e400")]
    [InlineData("[1, 1e39]", "logits[1]", "1e39")]
    [InlineData("\"text\"", "text")]
    [InlineData("7", "7")]
    [InlineData("null", "null")]
    [InlineData("[\"-Infinity\", \"-Infinity\"]", "masks every class")]
    [InlineData("[[1, 2], [\"-Infinity\", \"-Infinity\"]]", "logits[1]", "masks every class")]
    public async Task LogitsThatAreNotRowsOfNumbersAreRejected(string logits, params string[] mentions) =>
        (await service.SoftmaxAsync($$"""{"logits": {{logits}}}""")).IsProblem(400, "invalid-logits", mentions);

    /// <summary>The last row is so long that rows · columns in 32 bits overflows to the correct number.</summary>
    [Fact]
    public async Task ARaggedMatrixOfAnyLengthIsRejected()
    {
        var rows = string.Concat(Enumerable.Repeat("[1],", 65536));
        var last = string.Join(",", Enumerable.Repeat("1", 65537));

        (await service.SoftmaxAsync($"{{\"logits\": [{rows}[{last}]]}}")).IsProblem(
            400,
            "invalid-logits",
            "logits[65536]",
            "65537");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1e400")]
    [InlineData("1e-60")]
    [InlineData("\"NaN\"")]
    [InlineData("\"1\"")]
    [InlineData("[1, 0]")]
    [InlineData("[1]")]
    [InlineData("[]")]
    [InlineData("[1, 2, 3]")]
    public async Task ATemperatureThatIsNotValidIsRejected(string temperature) =>
        (await service.SoftmaxAsync($$"""{"logits": [[1, 2], [3, 4]], "temperature": {{temperature}}}""")).IsProblem(
            400,
            "invalid-temperature");

    [Theory]
    [InlineData("\"topK\": 0", "invalid-parameter")]
    [InlineData("\"topK\": -1", "invalid-parameter")]
    [InlineData("\"topK\": 1.5", "invalid-parameter")]
    [InlineData("\"topK\": \"1\"", "invalid-parameter")]
    [InlineData("\"labels\": [\"a\"]", "invalid-labels")]
    [InlineData("\"labels\": [\"a\", null]", "invalid-labels")]
    [InlineData("\"labels\": [1, 2]", "invalid-labels")]
    [InlineData("\"labels\": \"ab\"", "invalid-labels")]
    [InlineData("\"labels\": [\"a\", \"\\ud800\"]", "invalid-labels")]
    [InlineData("\"temprature\": 2", "malformed-json")]
    [InlineData("\"logits\": [1, 2]", "malformed-json")]
    public async Task OtherPropertiesThatAreNotValidAreRejected(string property, string code) =>
        (await service.SoftmaxAsync($$"""{"logits": [1, 2], {{property}}}""")).IsProblem(400, code);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"logits\": [1, 2")]
    [InlineData("{\"logits\": [NaN]}")]
    [InlineData("{\"logits\": [1,]}")]
    [InlineData("[1, 2]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("logits=1")]
    public async Task MalformedJsonIsRejected(string json) =>
        (await service.SoftmaxAsync(json)).IsProblem(400, "malformed-json");

    [Fact]
    public async Task NoMessageMentionsDotNet()
    {
        string[] bodies =
        [
            "",
            "{",
            "[1]",
            "null",
            "{}",
            """{"logits": null}""",
            """{"logits": [1], "topK": "x"}""",
            """{"logits": [1], "x": 1}""",
            """{"logits": [1], "logits": [1]}""",
            """{"logits": [1], "labels": 3}""",
        ];
        foreach (var body in bodies)
        {
            var detail = (await service.SoftmaxAsync(body)).Detail;

            Assert.DoesNotContain("System.", detail, StringComparison.Ordinal);
            Assert.DoesNotContain("SoftmaxService", detail, StringComparison.Ordinal);
            Assert.DoesNotContain("constructor", detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AByteOrderMarkIsSkipped() =>
        Assert.Equal(
            200,
            (
                await service.PostAsync("/softmax", [0xEF, 0xBB, 0xBF, .. "{\"logits\": [1]}"u8], "application/json")
            ).Status);

    [Fact]
    public async Task JsonInAnotherEncodingIsRejectedAsSuch()
    {
        (
            await service.PostAsync(
                "/softmax",
                Encoding.Unicode.GetBytes("{\"logits\": [1]}"),
                "application/json; charset=utf-16")).IsProblem(415, "unsupported-media-type", "utf-16");
        Assert.Equal(
            200,
            (
                await service.PostAsync(
                    "/softmax",
                    "{\"logits\": [1]}"u8.ToArray(),
                    "application/json; charset=\"UTF-8\"")).Status);
    }

    [Fact]
    public async Task ACompressedBodyIsRejectedAsSuch()
    {
        using var content = new ByteArrayContent([31, 139, 8, 0]);
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add("gzip");

        (await Answer.ReadAsync(await service.Client.PostAsync("/softmax", content))).IsProblem(
            415,
            "unsupported-media-type",
            "gzip");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("image/png")]
    [InlineData(null)]
    public async Task AnUnsupportedContentTypeIsRejected(string? mediaType) =>
        (await service.PostAsync("/softmax", "{\"logits\": [1]}"u8.ToArray(), mediaType)).IsProblem(
            415,
            "unsupported-media-type",
            "application/json",
            "application/octet-stream");
}

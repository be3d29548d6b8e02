using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SoftmaxService.Api.Tests.Metrics;

namespace SoftmaxService.Api.Tests.Endpoints.Logits;

[Collection(nameof(RunningService))]
public sealed class SoftmaxEndpointTests(RunningService service)
{
    [Fact]
    public async Task OneRowIsAnsweredAsOneRow()
    {
        var answer = await service.SoftmaxAsync("""{"logits": [2.0, 1.0, 0.1]}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.MediaType);
        AssertClose([0.6590011, 0.2424330, 0.0985659], Numbers(answer.Json.GetProperty("probabilities")));
        AssertClose([-0.4170300, -1.4170300, -2.3170300], Numbers(answer.Json.GetProperty("logProbabilities")));
        Assert.Equal(0.8467382, answer.Json.GetProperty("uncertainty").GetProperty("entropy").GetDouble(), 1e-6);
        Assert.Equal(0.4165681, answer.Json.GetProperty("uncertainty").GetProperty("margin").GetDouble(), 1e-6);
        Assert.Equal(-2.4170300, answer.Json.GetProperty("uncertainty").GetProperty("energy").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task SeveralRowsAreAnsweredRowByRow()
    {
        var answer = await service.SoftmaxAsync("""{"logits": [[0, 0], [0, 1.0986123]], "topK": 1}""");

        Assert.Equal(
            [
                [0.5, 0.5],
                [0.25, 0.75],
            ],
            answer.Json.GetProperty("probabilities").EnumerateArray().Select(Numbers),
            IsClose);
        Assert.Equal(2, answer.Json.GetProperty("uncertainty").GetArrayLength());
        Assert.Equal(
            [0, 1],
            answer.Json.GetProperty("ranked").EnumerateArray().Select(row => row[0].GetProperty("index").GetInt32()));
    }

    [Fact]
    public async Task OneRowInAMatrixIsAnsweredAsAMatrix()
    {
        var answer = await service.SoftmaxAsync("""{"logits": [[0, 0]]}""");

        Assert.Equal("[[0.5,0.5]]", answer.Json.GetProperty("probabilities").GetRawText());
        Assert.Equal(1, answer.Json.GetProperty("ranked").GetArrayLength());
        Assert.Equal(1, answer.Json.GetProperty("uncertainty").GetArrayLength());
    }

    [Fact]
    public async Task ATemperatureDividesTheLogits()
    {
        var heated = await service.SoftmaxAsync("""{"logits": [2.0, 1.0, 0.1], "temperature": 4}""");
        var divided = await service.SoftmaxAsync("""{"logits": [0.5, 0.25, 0.025]}""");

        AssertClose(
            Numbers(divided.Json.GetProperty("probabilities")),
            Numbers(heated.Json.GetProperty("probabilities")));
    }

    [Fact]
    public async Task EachRowCanHaveItsTemperature()
    {
        var answer = await service.SoftmaxAsync(
            """{"logits": [[0, 1.0986123], [0, 1.0986123]], "temperature": [1, 0.5]}"""
        );

        Assert.Equal(
            [
                [0.25, 0.75],
                [0.1, 0.9],
            ],
            answer.Json.GetProperty("probabilities").EnumerateArray().Select(Numbers),
            IsClose);
    }

    [Theory]
    [InlineData("[1000, 999, 0]")]
    [InlineData("[88, 88, 88, 88]")]
    [InlineData("[3e38, -3e38]")]
    [InlineData("[5, -100]")]
    [InlineData("[-1000, -1001]")]
    public async Task NoFiniteLogitsOverflow(string logits)
    {
        foreach (var temperature in new[] { "1e-30", "0.01", "1", "1e30" })
        {
            var answer = await service.SoftmaxAsync($$"""{"logits": {{logits}}, "temperature": {{temperature}}}""");

            Assert.Equal(200, answer.Status);
            Assert.Equal(1.0, Numbers(answer.Json.GetProperty("probabilities")).Sum(), 1e-6);
        }
    }

    [Fact]
    public async Task AMaskedClassHasNoProbability()
    {
        var answer = await service.SoftmaxAsync("""{"logits": [0, "-Infinity", 0]}""");

        Assert.Equal("[0.5,0,0.5]", answer.Json.GetProperty("probabilities").GetRawText());
        Assert.Equal("-Infinity", answer.Json.GetProperty("logProbabilities")[1].GetString());
        Assert.Equal(
            [0, 2, 1],
            answer.Json.GetProperty("ranked").EnumerateArray().Select(one => one.GetProperty("index").GetInt32()));
    }

    [Fact]
    public async Task LabelsNameTheRankedClasses()
    {
        var answer = await service.SoftmaxAsync(
            """{"logits": [1, 3, 2], "labels": ["cat", "dog", "fish"], "topK": 2}"""
        );

        Assert.Equal(
            ["dog", "fish"],
            answer.Json.GetProperty("ranked").EnumerateArray().Select(one => one.GetProperty("label").GetString()));
    }

    [Fact]
    public async Task EqualLogitsAreRankedByIndex()
    {
        var answer = await service.SoftmaxAsync("""{"logits": [1, 2, 1, 2]}""");

        Assert.Equal(
            [1, 3, 0, 2],
            answer.Json.GetProperty("ranked").EnumerateArray().Select(one => one.GetProperty("index").GetInt32()));
    }

    [Theory]
    [InlineData("", 100)]
    [InlineData(", \"topK\": 250", 250)]
    [InlineData(", \"topK\": 5000", 300)]
    [InlineData(", \"topK\": 3000000000", 300)]
    [InlineData(", \"topK\": 1e99", 300)]
    public async Task TheRankingHasAHundredClassesByDefault(string topK, int ranked)
    {
        var answer = await service.SoftmaxAsync(
            $$"""{"logits": [{{string.Join(",", Enumerable.Range(0, 300))}}]{{topK}}}"""
        );

        Assert.Equal(300, answer.Json.GetProperty("probabilities").GetArrayLength());
        Assert.Equal(ranked, answer.Json.GetProperty("ranked").GetArrayLength());
    }

    [Fact]
    public async Task AMillionLogitsAreAnswered()
    {
        var random = new Random(1);
        var logits = string.Join(
            ",",
            Enumerable
                .Range(0, 1_000_000)
                .Select(_ => (random.NextDouble() * 10).ToString("0.####", CultureInfo.InvariantCulture)));

        var answer = await service.SoftmaxAsync($$"""{"logits": [{{logits}}]}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal(1_000_000, answer.Json.GetProperty("probabilities").GetArrayLength());
        Assert.Equal(1.0, Numbers(answer.Json.GetProperty("probabilities")).Sum(), 1e-6);
    }

    [Fact]
    public async Task BinaryRowsAreAnsweredInBinary()
    {
        float[] logits = [2f, 1f, 0.1f, 0f, 0f, 0f];

        var answer = await service.PostAsync(
            "/softmax?classes=3&temperature=2",
            MemoryMarshal.AsBytes<float>(logits).ToArray(),
            "application/octet-stream");
        var json = await service.SoftmaxAsync("""{"logits": [[2.0, 1.0, 0.1], [0, 0, 0]], "temperature": 2}""");

        Assert.Equal((200, "application/octet-stream"), (answer.Status, answer.MediaType));
        var probabilities = MemoryMarshal.Cast<byte, float>(answer.Body).ToArray();
        Assert.Equal(
            json.Json.GetProperty("probabilities")
                .EnumerateArray()
                .SelectMany(row => row.EnumerateArray().Select(one => one.GetSingle())),
            probabilities);
    }

    [Fact]
    public async Task ABinaryBodyIsOneRowByDefault()
    {
        var answer = await service.PostAsync("/softmax", new byte[16], "application/octet-stream");

        Assert.Equal([0.25f, 0.25f, 0.25f, 0.25f], MemoryMarshal.Cast<byte, float>(answer.Body).ToArray());
    }

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

    [Theory]
    [InlineData("?classes=3", 16, "invalid-logits")]
    [InlineData("?classes=0", 16, "invalid-parameter")]
    [InlineData("?classes=99999999999", 16, "invalid-logits")]
    [InlineData("", 1, "invalid-logits")]
    [InlineData("", 3, "invalid-logits")]
    [InlineData("?temperature=0", 16, "invalid-parameter")]
    [InlineData("?topK=1", 16, "invalid-parameter")]
    [InlineData("", 0, "invalid-logits")]
    [InlineData("", 7, "invalid-logits")]
    public async Task ABinaryBodyWithAPartialRowIsRejected(string query, int length, string code) =>
        (await service.PostAsync($"/softmax{query}", new byte[length], "application/octet-stream")).IsProblem(
            400,
            code);

    [Fact]
    public async Task BinaryNaNIsRejectedByRow()
    {
        float[] logits = [1f, 2f, 3f, float.NaN];

        (
            await service.PostAsync(
                "/softmax?classes=2",
                MemoryMarshal.AsBytes<float>(logits).ToArray(),
                "application/octet-stream")).IsProblem(400, "invalid-logits", "Row 1");
    }

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

    [Fact]
    public async Task ManyRowsAreAnsweredInOrder()
    {
        var random = new Random(2);
        var logits = Enumerable
            .Range(0, 20_000)
            .Select(_ => Enumerable.Range(0, 10).Select(_ => Math.Round(random.NextDouble() * 8, 3)).ToArray())
            .ToArray();

        var answer = await service.SoftmaxAsync($$"""{"logits": {{JsonSerializer.Serialize(logits)}}, "topK": 2}""");

        var rows = answer.Json.GetProperty("ranked").EnumerateArray().ToArray();
        Assert.Equal(20_000, rows.Length);
        Assert.Equal(
            logits.Select(row => Array.IndexOf(row, row.Max())),
            rows.Select(row => row[0].GetProperty("index").GetInt32()));
        Assert.Equal(20_000, answer.Json.GetProperty("uncertainty").GetArrayLength());
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
                System.Text.Encoding.Unicode.GetBytes("{\"logits\": [1]}"),
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

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(one => one.GetDouble())];

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.True(IsClose(expected, actual), $"{string.Join(", ", actual)} is not {string.Join(", ", expected)}");

    private static bool IsClose(double[] left, double[] right) =>
        left.Length == right.Length && left.Zip(right).All(pair => Math.Abs(pair.First - pair.Second) < 1e-6);
}

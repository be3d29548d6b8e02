using System.Text.Json;

namespace SoftmaxService.Api.Tests.Endpoints.Logits;

[Collection(nameof(RunningService))]
public sealed class SoftmaxGradientEndpointTests(RunningService service)
{
    [Fact]
    public async Task NullEqualsAMissingProperty()
    {
        var plain = await service.PostAsync("/softmax/gradient", """{"logits": [1, 2], "target": 1}""");
        var nulls = await service.PostAsync(
            "/softmax/gradient",
            """{"logits": [1, 2], "target": 1, "upstream": null, "temperature": null}"""
        );

        Assert.Equal(200, plain.Status);
        Assert.Equal(plain.Body, nulls.Body);
    }

    [Fact]
    public async Task ATargetIsAnsweredWithLossAndGradient()
    {
        var answer = await GradientAsync("""{"logits": [0, 1.0986123], "target": 0}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal(1.3862944, answer.Json.GetProperty("loss").GetDouble(), 1e-6);
        AssertClose([-0.75, 0.75], Numbers(answer.Json.GetProperty("gradient")));
    }

    [Fact]
    public async Task AnUpstreamGradientIsAnsweredWithTheProduct()
    {
        var answer = await GradientAsync("""{"logits": [0, 1.0986123], "upstream": [1, 0], "temperature": 1}""");

        Assert.Equal(200, answer.Status);
        AssertClose([0.1875, -0.1875], Numbers(answer.Json.GetProperty("gradient")));
        Assert.False(answer.Json.TryGetProperty("loss", out _));
    }

    [Fact]
    public async Task RowsAreAnsweredRowByRowEachAtItsTemperature()
    {
        var answer = await GradientAsync(
            """{"logits": [[0, 0], [0, 2.1972246]], "target": [1, 0], "temperature": [1, 2]}"""
        );

        AssertClose([0.6931472, 1.3862944], Numbers(answer.Json.GetProperty("loss")));
        AssertClose([0.5, -0.5], Numbers(answer.Json.GetProperty("gradient")[0]));
        AssertClose([-0.375, 0.375], Numbers(answer.Json.GetProperty("gradient")[1]));

        answer = await GradientAsync("""{"logits": [[0, 0], [0, 0]], "upstream": [[1, -1], [0, 0]]}""");
        Assert.Equal("[[0.5,-0.5],[0,0]]", answer.Json.GetProperty("gradient").GetRawText());
    }

    [Fact]
    public async Task OneRowInAMatrixIsAnsweredAsAMatrix()
    {
        var answer = await GradientAsync("""{"logits": [[0, 0]], "target": [0]}""");

        Assert.Equal("[[-0.5,0.5]]", answer.Json.GetProperty("gradient").GetRawText());
        Assert.Equal(1, answer.Json.GetProperty("loss").GetArrayLength());
    }

    [Fact]
    public async Task AMaskedClassHasNoGradient()
    {
        var answer = await GradientAsync("""{"logits": [0, "-Infinity", 0], "target": 0}""");
        Assert.Equal("[-0.5,0,0.5]", answer.Json.GetProperty("gradient").GetRawText());

        answer = await GradientAsync("""{"logits": [0, "-Infinity", 0], "upstream": [1, 3, -1]}""");
        Assert.Equal("[0.5,0,-0.5]", answer.Json.GetProperty("gradient").GetRawText());
    }

    [Theory]
    [InlineData("""{"logits": [1, 2]}""", "invalid-parameter", "either target")]
    [InlineData("""{"logits": [1, 2], "target": 0, "upstream": [1, 2]}""", "invalid-parameter", "either target")]
    [InlineData("""{"logits": [1, 2], "target": 2}""", "invalid-parameter", "target is 2")]
    [InlineData("""{"logits": [1, 2], "target": -1}""", "invalid-parameter", "target is -1")]
    [InlineData("""{"logits": [1, 2], "target": 0.5}""", "invalid-parameter", "target")]
    [InlineData("""{"logits": [1, 2], "target": [0]}""", "invalid-parameter", "targets")]
    [InlineData("""{"logits": [[1, 2], [3, 4]], "target": [0, "1"]}""", "invalid-parameter", "target[1]")]
    [InlineData("""{"logits": [[1, 2], [3, 4]], "target": 0}""", "invalid-parameter", "targets")]
    [InlineData("""{"logits": [1, "-Infinity"], "target": 1}""", "invalid-parameter", "masked")]
    [InlineData("""{"logits": ["-Infinity", "-Infinity"], "target": 1}""", "invalid-logits", "masks every class")]
    [InlineData(
        """{"logits": ["-Infinity", "-Infinity"], "upstream": [1, 2]}""",
        "invalid-logits",
        "masks every class")]
    [InlineData("""{"logits": [1, 2], "upstream": [1]}""", "invalid-parameter", "shape")]
    [InlineData("""{"logits": [1, 2], "upstream": [[1, 2]]}""", "invalid-parameter", "shape")]
    [InlineData("""{"logits": [[1, 2], [3, 4]], "upstream": [[1, 2], [3]]}""", "invalid-parameter", "upstream[1]")]
    [InlineData("""{"logits": [[1, 2], [3, 4]], "upstream": [[1, 2], 3]}""", "invalid-parameter", "upstream[1]")]
    [InlineData("""{"logits": [1, 2], "upstream": [1, [2]]}""", "invalid-parameter", "upstream[1]")]
    [InlineData("""{"logits": [1, 2], "upstream": [1, "-Infinity"]}""", "invalid-parameter", "upstream[1]")]
    [InlineData("""{"logits": [1, 2], "upstream": [1, 1e39]}""", "invalid-parameter", "upstream[1]")]
    [InlineData("""{"logits": [1, 2], "upstream": 3}""", "invalid-parameter", "upstream")]
    [InlineData("""{"logits": [1, 1], "target": 0, "temperature": 1e-40}""", "invalid-temperature", "range")]
    [InlineData("""{"logits": [1, 2], "target": 0, "temperature": 0}""", "invalid-temperature", "temperature")]
    [InlineData("""{"logits": [1, 2], "target": 0, "temperature": [1, 2]}""", "invalid-temperature", "2 temperatures")]
    [InlineData("""{"logits": [], "target": 0}""", "invalid-logits", "empty")]
    [InlineData("""{"logits": [1, 2], "target": 0, "topK": 1}""", "malformed-json", "")]
    [InlineData("""{"logits": [1, 2], "target": """, "malformed-json", "")]
    [InlineData("null", "malformed-json", "logits")]
    public async Task ABadRequestIsRejectedByName(string json, string code, string part)
    {
        var answer = await GradientAsync(json);

        Assert.Equal(400, answer.Status);
        Assert.Equal(code, answer.Json.GetProperty("code").GetString());
        Assert.Contains(part, answer.Json.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task AnotherMediaTypeIsRejected() =>
        Assert.Equal(
            415,
            (await service.PostAsync("/softmax/gradient", new byte[8], "application/octet-stream")).Status);

    private Task<Answer> GradientAsync(string json) => service.PostAsync("/softmax/gradient", json);

    private static double[] Numbers(JsonElement row) => [.. row.EnumerateArray().Select(number => number.GetDouble())];

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-6);
        }
    }
}

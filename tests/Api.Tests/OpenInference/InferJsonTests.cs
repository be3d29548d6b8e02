using System.Text;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary><c>POST …/infer</c> with JSON only.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferJsonTests(SmallModelService service)
{
    private const string One = InferCalls.One;

    [Fact]
    public async Task ThreeNumbersAreReturnedUnchanged()
    {
        var answer = await service.InferAsync(One, "plain");

        Assert.Equal((200, "application/json"), (answer.Status, answer.MediaType));
        Assert.Equal(
            ["model_name", "model_version", "parameters", "outputs"],
            answer.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ["scores", "logits", "probabilities"],
            answer.Json.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString())
        );
        Assert.All(
            answer.Json.GetProperty("outputs").EnumerateArray(),
            output => Assert.Equal([1L, 3L], output.Shape()));
        Assert.All(
            answer.Json.GetProperty("outputs").EnumerateArray(),
            output => Assert.Equal("FP32", output.GetProperty("datatype").GetString()));
        Assert.Equal([3f, 1f, 2f], answer.Output("scores").Floats());
        Assert.Equal([3f, 1f, 2f], answer.Output("logits").Floats());
        answer.Output("probabilities").IsSoftmaxOf([3, 1, 2], temperature: 1);
    }

    [Fact]
    public async Task TheModelIsNamedAndItsVersionIsAString()
    {
        var highest = (await service.InferAsync(One, "plain")).Json;
        var lowest = (await service.SendAsync("/v2/models/plain/versions/1/infer", Encoding.UTF8.GetBytes(One))).Json;

        Assert.Equal(
            ("plain", "\"10\""),
            (highest.GetProperty("model_name").GetString(), highest.GetProperty("model_version").GetRawText()));
        Assert.Equal(
            ("plain", "\"1\""),
            (lowest.GetProperty("model_name").GetString(), lowest.GetProperty("model_version").GetRawText()));
    }

    [Fact]
    public async Task TheIdIsReturnedOnlyIfItWasSent()
    {
        var with = (await service.InferAsync(One.With("\"id\": \"a \\u00fc \\\"1\\\"\""), "plain")).Json;
        var without = (await service.InferAsync(One, "plain")).Json;
        var withNull = (await service.InferAsync(One.With("\"id\": null"), "plain")).Json;

        Assert.Equal("a ü \"1\"", with.GetProperty("id").GetString());
        Assert.False(without.TryGetProperty("id", out _));
        Assert.False(withNull.TryGetProperty("id", out _));
    }

    [Theory]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, 8]")]
    [InlineData("[[1, 2, 3, 4], [5, 6, 7, 8]]")]
    [InlineData("[1.0, 2e0, 3, 0.4E+1, 5, 6, 7, 8]")]
    public async Task DataMayBeFlatOrNested(string data)
    {
        var answer = await service.InferAsync(
            $$"""{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [2, 4], "data": {{data}}}]}""",
            "plain");

        Assert.Equal([2L, 3L], answer.Output("logits").Shape());
        Assert.Equal([1f, 2f, 3f, 5f, 6f, 7f], answer.Output("logits").Floats());
    }

    [Fact]
    public async Task DataMayPrecedeItsDatatypeAndShape()
    {
        var answer = await service.InferAsync(
            """
            {"inputs": [
              {"data": [3, 1, 2, 9], "shape": [1, 4], "parameters": null, "datatype": "FP32", "name": "pixels"}],
             "outputs": null, "parameters": null}
            """,
            "plain");

        Assert.Equal([3f, 1f, 2f], answer.Output("logits").Floats());
    }

    [Fact]
    public async Task UnusedFieldsOfTheProtocolAreIgnored()
    {
        var json = """
            {"model_name": "x", "model_version": "y", "id": "1", "extra": [[{"deep": []}]],
             "parameters": {"sequence_id": 7, "sequence_start": true, "sequence_end": "x", "priority": 1,
                            "timeout": 60000000, "content_type": "np", "headers": {"a": ["b"]}, "mine": null},
             "inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [3, 1, 2, 9],
                         "parameters": {"content_type": "np"}}],
             "outputs": [{"name": "logits", "parameters": {"content_type": "np", "binary_data": false}}]}
            """;

        Assert.Equal((float[])[3f, 1f, 2f], (await service.InferAsync(json, "plain")).Output("logits").Floats());
    }

    [Fact]
    public async Task AModelWithoutABatchAxisTakesItsShapeExactly()
    {
        var answer = await service.InferAsync(
            """{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [4], "data": [3, 1, 2, 9]}]}""",
            "single");

        Assert.Equal([3L], answer.Output("scores").Shape());
        Assert.Equal([1L, 3L], answer.Output("logits").Shape());
        (await service.InferAsync(One, "single")).IsError(400, "[1, 4]", "[4]");
    }

    [Theory]
    [InlineData("application/json", 200)]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("application/octet-stream", 200)]
    [InlineData("application/x-www-form-urlencoded", 200)]
    [InlineData(null, 200)]
    [InlineData("text/plain", 415)]
    [InlineData("image/png", 415)]
    [InlineData("garbage", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    public async Task TheContentTypeMayBeWhatClientsSend(string? mediaType, int status)
    {
        var answer = await service.SendAsync(
            "/v2/models/plain/infer",
            Encoding.UTF8.GetBytes(One),
            mediaType is null ? [] : [("Content-Type", mediaType)]);

        if (status == 200)
        {
            Assert.Equal(200, answer.Status);
        }
        else
        {
            answer.IsError(status);
        }
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("[1, 1]")]
    public async Task ImagesAreBase64InJson(string shape)
    {
        var image = Convert.ToBase64String(RunningService.Seven);
        var answer = await service.InferAsync(
            $$"""
            {"inputs": [{"name": "image", "datatype": "BYTES", "shape": {{shape}}, "data": ["{{image}}"]}],
             "outputs": [{"name": "probabilities", "parameters": {"classification": 1} }]}
            """);

        Assert.EndsWith(":7:7", Assert.Single(answer.Output("probabilities").Texts()), StringComparison.Ordinal);
    }
}

using System.Text;
using SoftmaxService.Api.Tests.Metrics;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary><c>POST …/infer</c> with JSON only.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferJsonTests(SmallModelService service)
{
    private const string One =
        """{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [3, 1, 2, 9]}]}""";

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
        Assert.Equal(Softmax([3, 1, 2], 1), answer.Output("probabilities").Floats().Select(p => (double)p), Near);
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
        var with = (await service.InferAsync(With(One, "\"id\": \"a \\u00fc \\\"1\\\"\""), "plain")).Json;
        var without = (await service.InferAsync(One, "plain")).Json;
        var withNull = (await service.InferAsync(With(One, "\"id\": null"), "plain")).Json;

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

    [Theory]
    [InlineData("[[1, 2, 3, 4], [5, 6, 7]]", "irregularly")]
    [InlineData("[[1, 2, 3, 4], 5, 6, 7, 8]", "irregularly")]
    [InlineData("[1, [2, 3, 4], 5, 6, 7, 8]", "irregularly")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7]", "fewer", "8")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "more", "8")]
    [InlineData("[]", "fewer")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, \"8\"]", "\"8\"")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, null]", "null")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, true]", "true")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, 1e39]", "1e39")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, {}]", "object")]
    [InlineData("8", "array")]
    [InlineData("\"AAAA\"", "array")]
    public async Task DataThatDoesNotFitIsRejected(string data, params string[] mentions) =>
        (
            await service.InferAsync(
                $$"""{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [2, 4], "data": {{data}}}]}""",
                "plain")).IsError(400, mentions);

    [Theory]
    [InlineData("[1, 5]", 400, "[1, 5]", "[N, 4]")]
    [InlineData("[4]", 400, "[N, 4]")]
    [InlineData("[1, 2, 2]", 400, "[N, 4]")]
    [InlineData("[]", 400, "[N, 4]")]
    [InlineData("[0, 4]", 400, "at least one")]
    [InlineData("[-1, 4]", 400, "-1")]
    [InlineData("[1.5, 4]", 400, "1.5")]
    [InlineData("[1, \"4\"]", 400, "\"4\"")]
    [InlineData("4", 400, "shape")]
    [InlineData("null", 400, "shape")]
    [InlineData("[2, 4]", 400, "8")]
    [InlineData("[9, 4]", 413, "8", "Limits:MaxImagesPerRequest")]
    [InlineData("[9223372036854775807, 4]", 413, "Limits:MaxImagesPerRequest")]
    public async Task AShapeThatDoesNotFitIsRejected(string shape, int status, params string[] mentions) =>
        (
            await service.InferAsync(
                $$"""{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": {{shape}}, "data": [1, 2, 3, 4]}]}""",
                "plain")).IsError(status, mentions);

    [Theory]
    [InlineData("""{"inputs": []}""", "0 inputs", "pixels")]
    [InlineData(
        """{"inputs": [{"name": "pixel", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}]}""",
        "'pixel'",
        "'pixels'")]
    [InlineData(
        """
        {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]},
                    {"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}]}
        """,
        "2 inputs")]
    [InlineData("""{"inputs": [{"datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}]}""", "name")]
    [InlineData("""{"inputs": [{"name": "pixels", "shape": [1, 4], "data": [1, 2, 3, 4]}]}""", "datatype")]
    [InlineData("""{"inputs": [{"name": "pixels", "datatype": "FP32", "data": [1, 2, 3, 4]}]}""", "shape")]
    [InlineData(
        """{"inputs": [{"name": "pixels", "datatype": "FP64", "shape": [1, 4], "data": [1, 2, 3, 4]}]}""",
        "FP32",
        "FP64",
        "BYTES")]
    [InlineData(
        """{"inputs": [{"name": "pixels", "datatype": "FP16", "shape": [1, 4], "data": [1, 2, 3, 4]}]}""",
        "FP32",
        "FP16")]
    [InlineData(
        """{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4]}]}""",
        "exactly one",
        "binary_data_size")]
    [InlineData(
        """
        {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4],
                     "parameters": {"binary_data_size": 16}}]}
        """,
        "exactly one",
        "data")]
    [InlineData(
        """
        {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4],
                     "parameters": {"shared_memory_region": "r", "shared_memory_byte_size": 16}}]}
        """,
        "shared")]
    [InlineData("""{"inputs": [1]}""", "inputs")]
    [InlineData("""{"inputs": {}}""", "inputs")]
    [InlineData("""{"inputs": null}""", "no inputs")]
    [InlineData("""{"id": 7, "inputs": []}""", "id")]
    [InlineData("{}", "no inputs")]
    [InlineData("[]", "array")]
    [InlineData("", "empty")]
    [InlineData("{\"inputs\": [", "")]
    [InlineData("{\"inputs\": []} x", "")]
    [InlineData("{\"id\": \"\\ud800\", \"inputs\": []}", "Unicode")]
    [InlineData("not JSON", "")]
    public async Task AnInvalidRequestIsRejected(string json, params string[] mentions) =>
        (await service.InferAsync(json, "plain")).IsError(400, mentions);

    [Fact]
    public async Task DeeplyNestedJsonIsRejected() =>
        (await service.InferAsync($$"""{"inputs": {{new string('[', 200_000)}}""", "plain")).IsError(400);

    [Fact]
    public async Task OutputsSelectAndOrder()
    {
        var answer = await service.InferAsync(
            With(One, """ "outputs": [{"name": "probabilities"}, {"name": "scores"}] """),
            "plain");

        Assert.Equal(
            ["probabilities", "scores"],
            answer.Json.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString())
        );
    }

    [Fact]
    public async Task NoRequestedOutputsMeansAllOutputs() =>
        Assert.Equal(
            3,
            (await service.InferAsync(With(One, "\"outputs\": []"), "plain"))
                .Json.GetProperty("outputs")
                .GetArrayLength());

    [Theory]
    [InlineData("""{"name": "score"}""", "'score'", "scores, logits, probabilities")]
    [InlineData("""{"parameters": {}}""", "name")]
    [InlineData("""{"name": "scores", "parameters": {"classification": 0}}""", "classification", "at least 1")]
    [InlineData("""{"name": "scores", "parameters": {"classification": 1.5}}""", "classification")]
    [InlineData("""{"name": "scores", "parameters": {"classification": true}}""", "classification")]
    [InlineData("""{"name": "scores", "parameters": {"binary_data": 1}}""", "binary_data", "true or false")]
    [InlineData("""{"name": "scores", "parameters": {"shared_memory_region": "r"}}""", "shared")]
    [InlineData("""{"name": "scores", "parameters": []}""", "parameters")]
    public async Task AnUnknownOutputIsRejected(string output, params string[] mentions) =>
        (await service.InferAsync(With(One, $"\"outputs\": [{output}]"), "plain")).IsError(400, mentions);

    [Fact]
    public async Task TheRequestsTemperatureOverridesTheCalibratedOne()
    {
        var requested = await service.InferAsync(
            With(One, """ "outputs": [{"name": "probabilities"}], "parameters": {"temperature": 0.5} """),
            "many");
        var calibrated = await service.InferAsync(With(One, """ "outputs": [{"name": "probabilities"}] """), "many");

        Assert.Equal(Softmax([3, 1, 2], 0.5), requested.Output("probabilities").Floats().Select(p => (double)p), Near);
        Assert.Equal(Softmax([3, 1, 2], 2), calibrated.Output("probabilities").Floats().Select(p => (double)p), Near);
        Assert.Equal(0.5f, requested.Json.GetProperty("parameters").GetProperty("temperature").GetSingle());
        Assert.Equal(2f, calibrated.Json.GetProperty("parameters").GetProperty("temperature").GetSingle());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1e999")]
    [InlineData("\"hot\"")]
    [InlineData("\"NaN\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public async Task AnInvalidTemperatureIsRejected(string temperature) =>
        (
            await service.InferAsync(With(One, $$""" "parameters": {"temperature": {{temperature}} } """), "plain")
        ).IsError(400, "temperature");

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
    public async Task EveryDatatypeOfAnOutputHasItsJson()
    {
        var answer = await service.InferAsync(
            With(One, """ "outputs": [{"name": "winner"}, {"name": "positive"}, {"name": "logits"}] """),
            "many");

        Assert.Equal(
            """{"name":"winner","datatype":"INT64","shape":[1],"data":[0]}""",
            answer.Output("winner").GetRawText());
        Assert.Equal(
            """{"name":"positive","datatype":"BOOL","shape":[1,3],"data":[true,true,true]}""",
            answer.Output("positive").GetRawText());
    }

    [Fact]
    public async Task SixteenBitFloatsHaveNoJson()
    {
        (await service.InferAsync(With(One, """ "outputs": [{"name": "halves"}] """), "many")).IsError(
            400,
            "halves",
            "FP16",
            "binary_data");
        (await service.InferAsync(One, "many")).IsError(400, "halves", "FP16");
    }

    [Fact]
    public async Task ANumberThatJsonCannotRepresentIsTheModelsFault()
    {
        const string Negative =
            """
            {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [-3, 1, 2, 9]}],
             "outputs": [{"name": "logs"}]}
            """;
        const string Zero =
            """
            {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [0, 1, 2, 9]}],
             "outputs": [{"name": "logs"}]}
            """;

        (await service.InferAsync(Negative, "many")).IsError(422, "logs", "NaN", "binary_data");
        Assert.Equal(
            "-Infinity",
            (await service.InferAsync(Zero, "many")).Output("logs").GetProperty("data")[0].GetString());
    }

    [Fact]
    public async Task MinusInfinityIsAString()
    {
        var answer = await service.InferAsync(
            """
            {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [1, 0, 0, 0]}],
             "outputs": [{"name": "logs"}]}
            """,
            "many");

        Assert.Equal("[0,\"-Infinity\",\"-Infinity\"]", answer.Output("logs").GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task AProbabilityOfZeroHasALogitThatIsFinite()
    {
        var answer = await service.InferAsync(
            """
            {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [500, 0, 0, 0]}],
             "outputs": [{"name": "logits"}, {"name": "probabilities"}]}
            """,
            "softmaxed");

        Assert.Equal([0f, -104.66522f, -104.66522f], answer.Output("logits").Floats());
        Assert.Equal([1f, 0f, 0f], answer.Output("probabilities").Floats());
    }

    [Fact]
    public async Task AModelThatEndsInASoftmaxTakesATemperature()
    {
        var answer = await service.InferAsync(
            With(
                One,
                """ "outputs": [{"name": "probabilities"}, {"name": "softmaxed"}], "parameters": {"temperature": 2} """
            ),
            "softmaxed");

        Assert.Equal(Softmax([3, 1, 2], 2), answer.Output("probabilities").Floats().Select(p => (double)p), Near);
        Assert.Equal(Softmax([3, 1, 2], 1), answer.Output("softmaxed").Floats().Select(p => (double)p), Near);
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

    [Fact]
    public async Task ABodyOverTheLimitIsRejected() =>
        (await service.SendAsync("/v2/models/plain/infer", new byte[2_000_001])).IsError(
            413,
            "Limits:MaxRequestBodyBytes");

    [Fact]
    public async Task AnUnknownModelIsRejectedBeforeTheBodyIsRead()
    {
        (await service.InferAsync("", "cats")).IsError(404, "cats");
        (await service.SendAsync("/v2/models/plain/versions/2/infer", [])).IsError(404, "1, 10");
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

    [Theory]
    [InlineData("[1]", "[\"%\"]", 400, "base64")]
    [InlineData("[1]", "[7]", 400, "base64")]
    [InlineData("[2]", "[\"AAAA\"]", 400, "fewer", "2")]
    [InlineData("[1]", "[\"AAAA\", \"AAAA\"]", 400, "more", "1")]
    [InlineData("[0]", "[]", 400, "at least one")]
    [InlineData("[1, 2]", "[\"AAAA\", \"AAAA\"]", 400, "[N]")]
    [InlineData("[9]", "[]", 413, "Limits:MaxImagesPerRequest")]
    [InlineData("[1]", "[\"\"]", 400, "")]
    [InlineData("[1]", "[\"AAAA\"]", 415, "PNG")]
    public async Task InvalidImagesAreRejected(string shape, string data, int status, params string[] mentions) =>
        (
            await service.InferAsync(
                $$"""{"inputs": [{"name": "image", "datatype": "BYTES", "shape": {{shape}}, "data": {{data}}}]}"""
            )).IsError(status, mentions);

    private static string With(string json, string property) => $"{json[..^1]}, {property}}}";

    private static double[] Softmax(double[] logits, double temperature)
    {
        var exponentials = logits.Select(z => Math.Exp((z - logits.Max()) / temperature)).ToArray();
        return [.. exponentials.Select(e => e / exponentials.Sum())];
    }

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 1e-6;
}

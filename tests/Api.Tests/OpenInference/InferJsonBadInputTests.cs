namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>What <c>POST …/infer</c> rejects of JSON.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferJsonBadInputTests(SmallModelService service)
{
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
    [InlineData("inputs", "{\"name\": \"a\", \"datatype\": \"FP32\", \"shape\": [1], \"data\": [1]}", 1024)]
    [InlineData("outputs", "{\"name\": \"a\"}", 1024)]
    [InlineData("shape", "1", 64)]
    public async Task AListHasALimit(string name, string item, int most)
    {
        string Request(int count)
        {
            var list = $"\"{name}\": [{string.Join(',', Enumerable.Repeat(item, count))}]";
            return name == "shape" ? $$"""{"inputs": [{ {{list}} }] }""" : $$"""{ {{list}} }""";
        }

        var within = await service.InferAsync(Request(most));
        var beyond = await service.InferAsync(Request(most + 1));

        beyond.IsError(400, $"more than {most} ", name);
        within.IsError(400);
        Assert.DoesNotContain("more than", within.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ParametersThatHaveNoEffectAreNotKept()
    {
        var many = string.Join(',', Enumerable.Range(0, 100_000).Select(number => $"\"{number}\": [{number}]"));

        (
            await service.InferAsync($$"""{"inputs": [], "parameters": { {{many}}, "temperature": [] } }""")
        ).IsError(400, "temperature", "an array");
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
}

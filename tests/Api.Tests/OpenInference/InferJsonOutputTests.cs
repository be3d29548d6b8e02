namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>The outputs of <c>POST …/infer</c> in JSON.</summary>
[Collection(nameof(SmallModelService))]
public sealed class InferJsonOutputTests(SmallModelService service)
{
    private const string One = InferCalls.One;

    [Fact]
    public async Task OutputsSelectAndOrder()
    {
        var answer = await service.InferAsync(
            One.With(""" "outputs": [{"name": "probabilities"}, {"name": "scores"}] """),
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
            (await service.InferAsync(One.With("\"outputs\": []"), "plain"))
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
        (await service.InferAsync(One.With($"\"outputs\": [{output}]"), "plain")).IsError(400, mentions);

    [Fact]
    public async Task EveryDatatypeOfAnOutputHasItsJson()
    {
        var answer = await service.InferAsync(
            One.With(""" "outputs": [{"name": "winner"}, {"name": "positive"}, {"name": "logits"}] """),
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
        (await service.InferAsync(One.With(""" "outputs": [{"name": "halves"}] """), "many")).IsError(
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
}

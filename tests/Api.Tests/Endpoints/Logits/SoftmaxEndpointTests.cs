using System.Globalization;
using System.Text.Json;

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

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(one => one.GetDouble())];

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.True(IsClose(expected, actual), $"{string.Join(", ", actual)} is not {string.Join(", ", expected)}");

    private static bool IsClose(double[] left, double[] right) =>
        left.Length == right.Length && left.Zip(right).All(pair => Math.Abs(pair.First - pair.Second) < 1e-6);
}

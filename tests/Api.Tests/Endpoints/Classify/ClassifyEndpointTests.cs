using System.Text.Json;
using SoftmaxService.Api.Tests.Metrics;

namespace SoftmaxService.Api.Tests.Endpoints.Classify;

[Collection(nameof(RunningService))]
public sealed class ClassifyEndpointTests(RunningService service)
{
    [Fact]
    public async Task ADrawnSevenIsRankedFirst()
    {
        var answer = await service.ClassifyAsync(RunningService.Seven);

        Assert.Equal(200, answer.Status);
        Assert.Equal("mnist", answer.Json.GetProperty("model").GetString());
        Assert.Equal("1", answer.Json.GetProperty("version").GetString());
        Assert.Equal("7", Predictions(answer)[0].GetProperty("label").GetString());
        Assert.False(answer.Json.GetProperty("abstained").GetBoolean());
    }

    [Fact]
    public async Task ProbabilitiesSumToOneAndAreRanked()
    {
        var answer = await service.ClassifyAsync(RunningService.Three, "?temperature=3");

        var probabilities = Predictions(answer).Select(one => one.GetProperty("probability").GetDouble()).ToArray();
        Assert.Equal(10, probabilities.Length);
        Assert.Equal(1.0, probabilities.Sum(), 1e-6);
        Assert.Equal(probabilities.OrderDescending(), probabilities);
        Assert.Equal(
            Enumerable.Range(0, 10),
            Predictions(answer).Select(one => one.GetProperty("index").GetInt32()).Order());
    }

    [Fact]
    public async Task ProbabilitiesAreTheSoftmaxOfTheLogitsAtTheTemperature()
    {
        var answer = await service.ClassifyAsync(RunningService.Three, "?temperature=2.5");

        var predictions = Predictions(answer);
        var exponentials = predictions.Select(one => Math.Exp(one.GetProperty("logit").GetDouble() / 2.5)).ToArray();
        Assert.Equal(
            predictions.Select(one => one.GetProperty("probability").GetDouble()),
            exponentials.Select(one => one / exponentials.Sum()),
            (left, right) => Math.Abs(left - right) < 1e-6);
    }

    [Fact]
    public async Task UncertaintyFollowsFromTheProbabilities()
    {
        var answer = await service.ClassifyAsync(RunningService.Three, "?temperature=4");

        var probabilities = Predictions(answer).Select(one => one.GetProperty("probability").GetDouble()).ToArray();
        var logits = Predictions(answer).Select(one => one.GetProperty("logit").GetDouble()).ToArray();
        var uncertainty = answer.Json.GetProperty("uncertainty");
        Assert.Equal(probabilities.Sum(p => -p * Math.Log(p)), uncertainty.GetProperty("entropy").GetDouble(), 1e-5);
        Assert.Equal(probabilities[0] - probabilities[1], uncertainty.GetProperty("margin").GetDouble(), 1e-6);
        Assert.Equal(
            -4 * Math.Log(logits.Sum(z => Math.Exp(z / 4))),
            uncertainty.GetProperty("energy").GetDouble(),
            1e-4);
    }

    [Fact]
    public async Task ALargeTemperatureTendsToUniform()
    {
        var answer = await service.ClassifyAsync(RunningService.Seven, "?temperature=1e6");

        Assert.All(Predictions(answer), one => Assert.Equal(0.1, one.GetProperty("probability").GetDouble(), 1e-4));
    }

    [Fact]
    public async Task ASmallTemperatureTendsToOneHot()
    {
        var answer = await service.ClassifyAsync(RunningService.Seven, "?temperature=1e-3");

        Assert.Equal(1.0, Predictions(answer)[0].GetProperty("probability").GetDouble());
        Assert.All(Predictions(answer)[1..], one => Assert.Equal(0.0, one.GetProperty("probability").GetDouble()));
    }

    [Theory]
    [InlineData("1e-45")]
    [InlineData("1e-6")]
    [InlineData("0.05")]
    [InlineData("1")]
    [InlineData("20")]
    [InlineData("1e20")]
    [InlineData("3.4e38")]
    public async Task NoTemperatureChangesTheRanking(string temperature)
    {
        var plain = await service.ClassifyAsync(RunningService.Three);
        var heated = await service.ClassifyAsync(RunningService.Three, $"?temperature={temperature}");

        Assert.Equal(200, heated.Status);
        Assert.Equal(Labels(plain), Labels(heated));
    }

    [Fact]
    public async Task TheTemperatureSaysWhereItCameFrom()
    {
        var asked = await service.ClassifyAsync(RunningService.Seven, "?temperature=2");
        var unasked = await service.ClassifyAsync(RunningService.Seven);

        Assert.Equal((2.0, "request"), Temperature(asked));
        Assert.Contains(Temperature(unasked).Source, new[] { "default", "calibrated" });
        Assert.Equal(Temperature(unasked).Source == "default", Temperature(unasked).Value == 1.0);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(10, 10)]
    [InlineData(1000, 10)]
    public async Task TopKReturnsAtMostAllClasses(int topK, int returned)
    {
        var answer = await service.ClassifyAsync(RunningService.Seven, $"?topK={topK}");

        Assert.Equal(returned, Predictions(answer).Length);
        Assert.Equal("7", Predictions(answer)[0].GetProperty("label").GetString());
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("0.1", false)]
    [InlineData("0", false)]
    public async Task TheAnswerAbstainsBelowTheThreshold(string threshold, bool abstained)
    {
        var answer = await service.ClassifyAsync(RunningService.Seven, $"?temperature=20&threshold={threshold}");

        Assert.Equal(abstained, answer.Json.GetProperty("abstained").GetBoolean());
        Assert.Equal(10, Predictions(answer).Length);
    }

    [Fact]
    public async Task ModelAndVersionCanBeNamed()
    {
        var answer = await service.ClassifyAsync(RunningService.Seven, "?model=mnist&version=1");

        Assert.Equal(200, answer.Status);
        Assert.Equal("7", Labels(answer)[0]);
    }

    [Fact]
    public async Task EveryKindOfBodyGivesTheSameAnswer()
    {
        var raw = await service.ClassifyAsync(RunningService.Seven);
        var octets = await service.ClassifyAsync(RunningService.Seven, mediaType: "application/octet-stream");
        var form = await service.PostFormAsync("/classify", RunningService.Seven);
        var json = await service.PostAsync(
            "/classify",
            $$"""{"image": "{{Convert.ToBase64String(RunningService.Seven)}}"}"""
        );
        var dataUrl = await service.PostAsync(
            "/classify",
            $$"""{"image": "data:image/png;base64,{{Convert.ToBase64String(RunningService.Seven)}}"}"""
        );

        Assert.Equal(200, raw.Status);
        Assert.All([octets, form, json, dataUrl], other => Assert.Equal(raw.Body, other.Body));
    }

    [Fact]
    public async Task SeveralFilesAreABatchInOrder()
    {
        var answer = await service.PostFormAsync(
            "/classify?topK=1",
            RunningService.Seven,
            RunningService.Three,
            RunningService.Seven);

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            ["7", "3", "7"],
            Results(answer).Select(one => one.GetProperty("predictions")[0].GetProperty("label").GetString()));
    }

    [Fact]
    public async Task AnImageInABatchIsAnsweredAsItIsAlone()
    {
        var alone = await service.ClassifyAsync(RunningService.Three);
        var batch = await service.PostFormAsync("/classify", RunningService.Seven, RunningService.Three);

        Assert.Equal(
            alone.Json.GetProperty("predictions").GetRawText(),
            Results(batch)[1].GetProperty("predictions").GetRawText());
    }

    [Fact]
    public async Task ImagesInJsonAreABatchEvenWhenThereIsOne()
    {
        var answer = await service.PostAsync(
            "/classify",
            $$"""{"images": ["{{Convert.ToBase64String(RunningService.Three)}}"]}"""
        );

        Assert.Equal(
            "3",
            Assert.Single(Results(answer)).GetProperty("predictions")[0].GetProperty("label").GetString());
    }

    [Fact]
    public async Task AnUnreadableImageFailsOnlyItsEntry()
    {
        var answer = await service.PostFormAsync(
            "/classify",
            RunningService.Seven,
            RunningService.Three[..300],
            "text"u8.ToArray(),
            [],
            RunningService.Three);

        Assert.Equal(200, answer.Status);
        var results = Results(answer);
        Assert.Equal("7", results[0].GetProperty("predictions")[0].GetProperty("label").GetString());
        Assert.Equal(
            ["image-undecodable", "image-format-unsupported", "image-empty"],
            results[1..4].Select(one => one.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal("3", results[4].GetProperty("predictions")[0].GetProperty("label").GetString());
    }

    private static JsonElement[] Predictions(Answer answer) =>
        [.. answer.Json.GetProperty("predictions").EnumerateArray()];

    private static string?[] Labels(Answer answer) =>
        [.. Predictions(answer).Select(one => one.GetProperty("label").GetString())];

    private static JsonElement[] Results(Answer answer) => [.. answer.Json.GetProperty("results").EnumerateArray()];

    private static (double Value, string? Source) Temperature(Answer answer)
    {
        var temperature = answer.Json.GetProperty("temperature");
        return (temperature.GetProperty("value").GetDouble(), temperature.GetProperty("source").GetString());
    }
}

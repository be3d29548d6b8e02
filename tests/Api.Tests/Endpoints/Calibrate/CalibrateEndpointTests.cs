using System.Text.Json.Nodes;
using SoftmaxService.Api.Tests.Metrics;

namespace SoftmaxService.Api.Tests.Endpoints.Calibrate;

[Collection(nameof(RunningService))]
public sealed class CalibrateEndpointTests(RunningService service)
{
    private const double TrueTemperature = 2.5;

    [Fact]
    public async Task MoreThanAHundredAlphasAreRejected()
    {
        var alphas = string.Join(',', Enumerable.Repeat("0.5", 101));
        var answer = await service.PostAsync(
            "/calibrate",
            $$"""{"logits": [[1, 2], [2, 1], [3, 1]], "labels": [0, 1, 0], "alphas": [{{alphas}}]}""");

        answer.IsProblem(400, "invalid-parameter", "at most 100");
    }

    [Fact]
    public async Task OverconfidentLogitsGetTheirTrueTemperature()
    {
        var answer = await service.PostAsync("/calibrate", Overconfident(2000).ToJsonString());

        Assert.Equal(200, answer.Status);
        var interval = answer.Json.GetProperty("temperatureInterval");
        Assert.InRange(
            TrueTemperature,
            interval.GetProperty("lower").GetDouble(),
            interval.GetProperty("upper").GetDouble());
        Assert.InRange(
            answer.Json.GetProperty("temperature").GetDouble(),
            TrueTemperature - 0.25,
            TrueTemperature + 0.25);
        var (before, after) = (answer.Json.GetProperty("before"), answer.Json.GetProperty("after"));
        Assert.Equal(before.GetProperty("accuracy").GetDouble(), after.GetProperty("accuracy").GetDouble());
        Assert.True(after.GetProperty("nll").GetDouble() < before.GetProperty("nll").GetDouble());
        Assert.True(after.GetProperty("ece").GetDouble() < 0.25 * before.GetProperty("ece").GetDouble());
        Assert.Equal(
            2000,
            answer.Json.GetProperty("reliability").EnumerateArray().Sum(bin => bin.GetProperty("count").GetInt32()));
        Assert.Equal(
            2000,
            answer
                .Json.GetProperty("confusion")
                .EnumerateArray()
                .Sum(row => row.EnumerateArray().Sum(count => count.GetInt32())));
        Assert.Equal(
            [0.3, 0.2, 0.1, 0.05, 0.02, 0.01],
            answer
                .Json.GetProperty("predictionSets")
                .EnumerateArray()
                .Select(sets => sets.GetProperty("alpha").GetDouble()));
        Assert.All(
            answer.Json.GetProperty("predictionSets").EnumerateArray(),
            sets =>
            {
                Assert.InRange(sets.GetProperty("coverage").GetDouble(), 1 - sets.GetProperty("alpha").GetDouble(), 1);
                Assert.InRange(sets.GetProperty("meanSize").GetDouble(), 1, 5);
            });
        Assert.Equal(
            ["0.1", "0.05", "0.01"],
            answer
                .Json.GetProperty("conformal")
                .GetProperty("quantiles")
                .EnumerateObject()
                .Select(quantile => quantile.Name));
    }

    [Fact]
    public async Task GoodRowsAreAnsweredWithoutWarnings() =>
        Assert.False(
            (await service.PostAsync("/calibrate", Overconfident(2000).ToJsonString())).Json.TryGetProperty(
                "warnings",
                out _));

    [Fact]
    public async Task UndeclaredProbabilitiesCauseAWarning()
    {
        var body = Overconfident(500);
        var expected = (await service.PostAsync("/calibrate", body.ToJsonString()))
            .Json.GetProperty("temperature")
            .GetDouble();
        body["logits"] = new JsonArray([.. body["logits"]!.AsArray().Select(row => SoftmaxOf(row!.AsArray()))]);

        var warned = (await service.PostAsync("/calibrate", body.ToJsonString())).Json;
        Assert.Contains(
            "look like probabilities",
            Assert.Single(warned.GetProperty("warnings").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
        Assert.InRange(warned.GetProperty("temperature").GetDouble(), 0, expected / 2);

        body["kind"] = "probabilities";
        var declared = (await service.PostAsync("/calibrate", body.ToJsonString())).Json;
        Assert.False(declared.TryGetProperty("warnings", out _));
        Assert.Equal(expected, declared.GetProperty("temperature").GetDouble(), 1e-3);
    }

    [Fact]
    public async Task LogProbabilitiesAreTakenAsSuchOrAsLogitsWithTheSameAnswer()
    {
        var body = Overconfident(500);
        body["logits"] = new JsonArray([
            .. body["logits"]!
                .AsArray()
                .Select(row => new JsonArray([
                    .. SoftmaxOf(row!.AsArray()).Select(p => JsonValue.Create(Math.Log(p!.GetValue<double>()))),
                ])),
        ]);
        var asLogits = (await service.PostAsync("/calibrate", body.ToJsonString())).Json;
        body["kind"] = "log-probabilities";
        var declared = (await service.PostAsync("/calibrate", body.ToJsonString())).Json;

        Assert.False(asLogits.TryGetProperty("warnings", out _));
        Assert.Equal(
            asLogits.GetProperty("temperature").GetDouble(),
            declared.GetProperty("temperature").GetDouble(),
            1e-5);
    }

    [Fact]
    public async Task ARightClassOfProbability0IsBoundedAndCounted()
    {
        var rows = string.Join(',', Enumerable.Repeat("[0.75, 0.25], [0.25, 0.75]", 20));
        var labels = string.Join(',', Enumerable.Repeat("0, 1", 20));
        var answer = await service.PostAsync(
            "/calibrate",
            $$"""{"kind": "probabilities", "logits": [{{rows}}, [0, 1]], "labels": [{{labels}}, 0]}"""
        );

        Assert.Equal((200, 41), (answer.Status, answer.Json.GetProperty("count").GetInt32()));
        Assert.Contains(
            "1 of 41 rows give their right class a probability of 0",
            answer.Json.GetProperty("warnings")[0].GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClassesWithoutRowsAreReportedAsAWarning()
    {
        var body = Overconfident(200);
        foreach (var row in body["logits"]!.AsArray())
        {
            row!.AsArray().Add(-9);
        }

        Assert.Contains(
            "1 of the 6 classes has no rows (5)",
            (await service.PostAsync("/calibrate", body.ToJsonString())).Json.GetProperty("warnings")[0].GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task FewRowsGetOnlyTheQuantilesThatTheySupport()
    {
        var answer = await service.PostAsync("/calibrate", Overconfident(50).ToJsonString());

        Assert.Equal(5, answer.Json.GetProperty("predictionSets").GetArrayLength()); // α = 0.01 requires 99
        Assert.Equal(
            ["0.1", "0.05"],
            answer
                .Json.GetProperty("conformal")
                .GetProperty("quantiles")
                .EnumerateObject()
                .Select(quantile => quantile.Name));
    }

    [Theory]
    [InlineData("""{"logits": [1, 2], "labels": [0]}""", 400, "invalid-calibration-data", "rows")]
    [InlineData("""{"logits": [[1, 2], [2, 1]], "labels": 1}""", 400, "invalid-calibration-data", "array")]
    [InlineData(
        """{"logits": [[1, 2], [2, 1]], "labels": [0]}""",
        400,
        "invalid-calibration-data",
        "1 labels need 2 logits")]
    [InlineData("""{"logits": [[1, 2], [2, 1]], "labels": [0, 2]}""", 400, "invalid-calibration-data", "Row 1")]
    [InlineData("""{"logits": [[1], [2]], "labels": [0, 0]}""", 400, "invalid-calibration-data", "at least 2")]
    [InlineData(
        """{"logits": [["-Infinity", "-Infinity"], [2, 1]], "labels": [0, 1]}""",
        400,
        "invalid-calibration-data",
        "Row 0")]
    [InlineData(
        """{"logits": [[1, "-Infinity"], [2, 1]], "labels": [1, 0]}""",
        400,
        "invalid-calibration-data",
        "labels[0]")]
    [InlineData("""{"logits": [[1, 2], [2, 1]], "labels": [0, 0.5]}""", 400, "invalid-parameter", "labels[1]")]
    [InlineData("""{"logits": [[1, 2], [2]], "labels": [0, 1]}""", 400, "invalid-logits", "logits[1]")]
    [InlineData("""{"logits": [[1, 2], [2, 1]], "labels": [0, 1], "bins": 0}""", 400, "invalid-parameter", "bins")]
    [InlineData(
        """{"logits": [[1, 2], [2, 1]], "labels": [0, 1], "alphas": [1]}""",
        400,
        "invalid-parameter",
        "alphas")]
    [InlineData(
        """{"logits": [[1, 2], [2, 1]], "labels": [0, 1], "alphas": [0.1]}""",
        422,
        "calibration-impossible",
        "at least 9")]
    [InlineData("""{"logits": [[1, 2], [2, 1]], "labels": [0, 0]}""", 422, "calibration-impossible", "class")]
    [InlineData("""{"logits": [[1, 2], [2, 1]], "labels": [1, 0]}""", 422, "calibration-impossible", "temperature")]
    [InlineData(
        """{"logits": [["-Infinity", 0], [0, "-Infinity"]], "labels": [1, 0]}""",
        422,
        "calibration-impossible",
        "one class only, the right one")]
    [InlineData(
        """{"logits": [[0.6, 0.4], [0.6, 0.6]], "labels": [1, 0], "kind": "probabilities"}""",
        400,
        "invalid-calibration-data",
        "Row 1 (the first is 0) holds no probabilities")]
    [InlineData(
        """{"logits": [[0.6, 0.4]], "labels": [1], "kind": "percentages"}""",
        400,
        "invalid-parameter",
        "kind is the string \"percentages\"")]
    [InlineData("""{"logits": [[0.6, 0.4]], "labels": [1], "kind": 1}""", 400, "invalid-parameter", "kind is 1")]
    [InlineData("""{"logits": [[1, 2], [2, 1]]}""", 400, "malformed-json", "labels")]
    [InlineData("""{"logits": [[1, 2], [2, 1]], "labels": [0, 1], "classes": 2}""", 400, "malformed-json", "classes")]
    public async Task DataThatCannotBeFittedIsRejectedWithAReason(
        string json,
        int status,
        string code,
        string mention) => (await service.PostAsync("/calibrate", json)).IsProblem(status, code, mention);

    private static JsonArray SoftmaxOf(JsonArray logits)
    {
        var weights = logits.Select(logit => Math.Exp(logit!.GetValue<double>())).ToArray();
        return new JsonArray([.. weights.Select(weight => JsonValue.Create(weight / weights.Sum()))]);
    }

    /// <summary>Draws labels from the softmax of small logits, then scales the logits up.</summary>
    private static JsonObject Overconfident(int rowCount)
    {
        var random = new Random(1);
        var (logits, labels) = (new JsonArray(), new JsonArray());
        for (var row = 0; row < rowCount; row++)
        {
            var z = Enumerable.Range(0, 5).Select(_ => random.NextDouble() * 4).ToArray();
            var (draw, label) = (random.NextDouble() * z.Sum(Math.Exp), 0);
            for (; label < z.Length - 1 && draw >= Math.Exp(z[label]); label++)
            {
                draw -= Math.Exp(z[label]);
            }

            logits.Add(new JsonArray([.. z.Select(value => JsonValue.Create(value * TrueTemperature))]));
            labels.Add(label);
        }

        return new JsonObject { ["logits"] = logits, ["labels"] = labels };
    }
}

/// <summary>A model whose manifest holds a calibration, and its reliability diagram.</summary>
public sealed class CalibratedModelTests : IDisposable
{
    private const string Diagram = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

    private const string Manifest = """
        {
          "input": {
            "layout": "NCHW", "channels": 1, "height": 28, "width": 28, "color": "gray",
            "scale": 0.00392156862745098, "mean": [0.1307], "std": [0.3081], "resize": "fit", "foreground": "light"
          },
          "calibration": {
            "temperature": 2.5, "count": 99, "warnings": ["one of the classes has no image"],
            "conformal": {
              "method": "lac", "count": 99, "quantiles": { "0.1": 0.1, "0.05": 0.99999 },
              "scores": { "ranks": [90, 95, 99], "values": [0.1, 0.99999, 1] }
            }
          }
        }
        """;

    private readonly TemporaryFolder _models = new();
    private readonly RunningService _service;

    public CalibratedModelTests()
    {
        var version = Directory.CreateDirectory(Path.Combine(_models.Path, "digits", "1")).FullName;
        File.Copy(
            Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1", "model.onnx"),
            Path.Combine(version, "model.onnx"));
        File.WriteAllText(Path.Combine(version, "model.json"), Manifest);
        File.WriteAllText(Path.Combine(version, "reliability.svg"), Diagram);
        _service = new ServiceWith(("Models:Folder", _models.Path));
    }

    [Fact]
    public async Task TheCalibratedTemperatureIsTheDefault()
    {
        var calibrated = (await _service.ClassifyAsync(RunningService.Seven)).Json;
        Assert.Equal("""{"value":2.5,"source":"calibrated"}""", calibrated.GetProperty("temperature").GetRawText());
        var asked = (await _service.ClassifyAsync(RunningService.Seven, "?temperature=1")).Json;
        Assert.Equal("request", asked.GetProperty("temperature").GetProperty("source").GetString());
    }

    [Theory]
    [InlineData("0.1", 1)]
    [InlineData("0.05", 2)]
    [InlineData("0.02", 10)]
    public async Task AlphaIsAnsweredWithAPredictionSetMostProbableFirst(string alpha, int leastCount)
    {
        var answer = await _service.ClassifyAsync(RunningService.Seven, $"?alpha={alpha}&temperature=7&topK=1");

        Assert.Equal(200, answer.Status);
        var set = answer.Json.GetProperty("predictionSet");
        Assert.Equal(alpha, set.GetProperty("alpha").GetRawText());
        Assert.Equal("lac", set.GetProperty("method").GetString());
        var labels = set.GetProperty("labels").EnumerateArray().Select(label => label.GetString()).ToArray();
        Assert.Equal("7", labels[0]);
        Assert.True(labels.Length >= leastCount, $"{labels.Length} labels");
        Assert.Single(answer.Json.GetProperty("predictions").EnumerateArray());
    }

    [Fact]
    public async Task ABatchHasPredictionSetsOnlyOnRequest()
    {
        var batch = (
            await _service.PostFormAsync("/classify?alpha=0.1", RunningService.Seven, RunningService.Three)).Json;
        Assert.Equal(
            ["7", "3"],
            batch
                .GetProperty("results")
                .EnumerateArray()
                .Select(result => result.GetProperty("predictionSet").GetProperty("labels")[0].GetString()));
        Assert.False((await _service.ClassifyAsync(RunningService.Seven)).Json.TryGetProperty("predictionSet", out _));
    }

    [Fact]
    public async Task AnAlphaThatTheCalibrationCannotServeIsRejected() =>
        (await _service.ClassifyAsync(RunningService.Seven, "?alpha=0.001")).IsProblem(
            400,
            "not-calibrated",
            "0.001",
            "0.05");

    [Fact]
    public async Task TheCalibrationAndItsDiagramAreShown()
    {
        var model = (await _service.GetAsync("/models/digits/1")).Json;
        Assert.Equal(99, model.GetProperty("calibration").GetProperty("conformal").GetProperty("count").GetInt32());
        Assert.Equal(
            "one of the classes has no image",
            model.GetProperty("calibration").GetProperty("warnings")[0].GetString());

        var diagram = await _service.GetAsync("/models/digits/1/reliability.svg");
        Assert.Equal((200, "image/svg+xml"), (diagram.Status, diagram.MediaType));
        Assert.Equal(Diagram, System.Text.Encoding.UTF8.GetString(diagram.Body));

        File.Delete(Path.Combine(_models.Path, "digits", "1", "reliability.svg"));
        (await _service.GetAsync("/models/digits/1/reliability.svg")).IsProblem(404, "reliability-not-found", "digits");
        (await _service.GetAsync("/models/nothing/1/reliability.svg")).IsProblem(404, "model-not-found", "nothing");
    }

    public void Dispose()
    {
        _service.Dispose();
        _models.Dispose();
    }
}

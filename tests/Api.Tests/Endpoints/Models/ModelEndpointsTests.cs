using SoftmaxService.Api.Tests.Metrics;

namespace SoftmaxService.Api.Tests.Endpoints.Models;

[Collection(nameof(RunningService))]
public sealed class ModelEndpointsTests(RunningService service)
{
    [Fact]
    public async Task TheListHasTheDefaultAndEveryVersion()
    {
        var answer = await service.GetAsync("/models");

        Assert.Equal(200, answer.Status);
        Assert.Equal("mnist", answer.Json.GetProperty("defaultModel").GetString());
        Assert.Contains(
            answer.Json.GetProperty("models").EnumerateArray(),
            model => model.GetProperty("name").GetString() == "mnist" && model.GetProperty("version").GetString() == "1"
        );
        Assert.Empty(answer.Json.GetProperty("failures").EnumerateArray());
    }

    [Fact]
    public async Task AVersionIsDescribed()
    {
        var model = (await service.GetAsync("/models/mnist/1")).Json;

        Assert.Equal(10, model.GetProperty("labels").GetArrayLength());
        Assert.Equal("logits", model.GetProperty("output").GetProperty("kind").GetString());
        Assert.Equal(10, model.GetProperty("output").GetProperty("classCount").GetInt32());
        Assert.Equal("NCHW", model.GetProperty("input").GetProperty("layout").GetString());
        Assert.Equal("light", model.GetProperty("input").GetProperty("foreground").GetString());
        Assert.Equal(
            [-1, 1, 28, 28],
            model
                .GetProperty("graph")
                .GetProperty("input")
                .GetProperty("shape")
                .EnumerateArray()
                .Select(size => size.GetInt32()));
    }

    [Fact]
    public async Task TheRecipeIsDescribedAsInAManifest()
    {
        var input = (await service.GetAsync("/models/cifar10/1")).Json.GetProperty("input");

        Assert.False(input.TryGetProperty("resizeTo", out _));
        Assert.Equal("even", input.GetProperty("cropOffset").GetString());
        Assert.Equal("bilinear", input.GetProperty("filter").GetString());
        Assert.True(input.GetProperty("antialias").GetBoolean());
        Assert.False(input.GetProperty("round").GetBoolean());
        Assert.Equal("[0,0,0]", input.GetProperty("fill").GetRawText());
        Assert.Equal("[255,255,255]", input.GetProperty("background").GetRawText());
    }

    [Theory]
    [InlineData("mnist")]
    [InlineData("cifar10")]
    public async Task AShippedModelDescribesItsConfusionAndPredictionSets(string name)
    {
        var calibration = (await service.GetAsync($"/models/{name}/1")).Json.GetProperty("calibration");

        var confusion = calibration
            .GetProperty("confusion")
            .EnumerateArray()
            .Select(row => row.EnumerateArray().Select(count => count.GetInt32()).ToArray())
            .ToArray();
        var accuracy = confusion.Index().Sum(row => row.Item[row.Index]) / (double)confusion.Sum(row => row.Sum());
        Assert.Equal(calibration.GetProperty("count").GetInt32(), confusion.Sum(row => row.Sum()));
        Assert.Equal(calibration.GetProperty("after").GetProperty("accuracy").GetDouble(), accuracy, 1e-12);
        Assert.Equal(
            [0.3, 0.2, 0.1, 0.05, 0.02, 0.01],
            calibration
                .GetProperty("predictionSets")
                .EnumerateArray()
                .Select(sets => sets.GetProperty("alpha").GetDouble()));
    }

    [Fact]
    public async Task AModelIsDescribedByItsVersions()
    {
        var versions = (await service.GetAsync("/models/mnist")).Json.GetProperty("versions");
        var first = await service.GetAsync("/models/mnist/1");

        Assert.Equal(first.Json.GetRawText(), versions[0].GetRawText());
    }

    [Theory]
    [InlineData("/models/nobody", "model-not-found")]
    [InlineData("/models/nobody/1", "model-not-found")]
    [InlineData("/models/mnist/99", "version-not-found")]
    public async Task AMissingResourceIsNotFound(string path, string code) =>
        (await service.GetAsync(path)).IsProblem(404, code);

    [Fact]
    public async Task AnUnknownPathIsAProblem() =>
        (await service.GetAsync("/no/such/path")).IsProblem(404, "not-found", "/no/such/path");

    [Fact]
    public async Task AWrongMethodIsAProblem() =>
        (await service.GetAsync("/classify")).IsProblem(405, "method-not-allowed", "GET");
}

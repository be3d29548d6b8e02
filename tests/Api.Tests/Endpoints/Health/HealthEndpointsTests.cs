namespace SoftmaxService.Api.Tests.Endpoints.Health;

[Collection(nameof(RunningService))]
public sealed class HealthEndpointsTests(RunningService service)
{
    [Fact]
    public async Task TheServiceIsLiveAndReady()
    {
        var live = await service.GetAsync("/health/live");
        var ready = await service.GetAsync("/health/ready");

        Assert.Equal((200, "live"), (live.Status, live.Json.GetProperty("status").GetString()));
        Assert.Equal((200, "ready"), (ready.Status, ready.Json.GetProperty("status").GetString()));
        Assert.Contains(
            "mnist/1",
            ready.Json.GetProperty("models").EnumerateArray().Select(model => model.GetString()));
    }

    [Fact]
    public async Task WithoutModelsTheServiceIsLiveButNotReady()
    {
        using var folder = new TemporaryFolder();
        using var empty = new ServiceWith(("Models:Folder", folder.Path));

        var live = await empty.GetAsync("/health/live");
        var ready = await empty.GetAsync("/health/ready");

        Assert.Equal(200, live.Status);
        Assert.Equal((503, "not ready"), (ready.Status, ready.Json.GetProperty("status").GetString()));
        Assert.NotNull(ready.Headers.RetryAfter);
        (await empty.ClassifyAsync(RunningService.Seven)).IsProblem(404, "model-not-found");
        Assert.Equal(200, (await empty.SoftmaxAsync("""{"logits": [1, 2]}""")).Status);
    }

    [Fact]
    public async Task AnotherModelThanMnistCanBeTheOnlyOne()
    {
        using var folder = new TemporaryFolder();
        folder.Copy(Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1"), "digits/1");
        using var service = new ServiceWith(("Models:Folder", folder.Path));

        Assert.Equal(200, (await service.GetAsync("/health/ready")).Status);
        Assert.Equal(
            "digits",
            (await service.ClassifyAsync(RunningService.Seven)).Json.GetProperty("model").GetString());
    }

    [Fact]
    public async Task AMissingDefaultModelIsNamedAndTheServiceIsNotReady()
    {
        using var service = new ServiceWith(("Models:Default", "cats"));

        var ready = await service.GetAsync("/health/ready");

        Assert.Equal(503, ready.Status);
        Assert.Equal(
            "cats",
            Assert.Single(ready.Json.GetProperty("failures").EnumerateArray()).GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/models/mnist")]
    public async Task AWrongMethodIsRejected(string path) =>
        (await service.PostAsync(path, "{}")).IsProblem(405, "method-not-allowed");

    [Fact]
    public async Task AModelThatCannotBeLoadedIsNamedAndTheOthersServe()
    {
        using var folder = new TemporaryFolder();
        folder.Copy(Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1"), "mnist/1");
        folder.Write("broken/1/model.onnx", "no model"u8);
        using var service = new ServiceWith(("Models:Folder", folder.Path));

        var ready = await service.GetAsync("/health/ready");

        Assert.Equal(200, ready.Status);
        Assert.Equal(
            "broken",
            Assert.Single(ready.Json.GetProperty("failures").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(200, (await service.ClassifyAsync(RunningService.Seven)).Status);
    }
}

using System.Text;

namespace SoftmaxService.Api.Tests.OpenInference;

[Collection(nameof(SmallModelService))]
public sealed class ServerEndpointsTests(SmallModelService service)
{
    [Theory]
    [InlineData("/v2")]
    [InlineData("/v2/")]
    public async Task TheServerNamesItsExtensions(string path)
    {
        var server = (await service.GetAsync(path)).Json;

        Assert.Equal("softmax-service", server.GetProperty("name").GetString());
        Assert.NotEmpty(server.GetProperty("version").GetString()!);
        Assert.Equal(
            ["binary_tensor_data", "classification", "model_repository"],
            server.GetProperty("extensions").EnumerateArray().Select(name => name.GetString()));
    }

    [Theory]
    [InlineData("/v2/health/live", "live")]
    [InlineData("/v2/health/ready", "ready")]
    [InlineData("/v2/models/mnist/ready", "ready")]
    [InlineData("/v2/models/mnist/versions/1/ready", "ready")]
    public async Task HealthIsReportedByStatusAndBody(string path, string property)
    {
        var answer = await service.GetAsync(path);

        Assert.Equal(200, answer.Status);
        Assert.True(answer.Json.GetProperty(property).GetBoolean());
    }

    [Fact]
    public async Task WithoutModelsTheServerIsLiveButNotReady()
    {
        using var folder = new TemporaryFolder();
        using var empty = new ServiceWith(("Models:Folder", folder.Path));

        Assert.Equal(200, (await empty.GetAsync("/v2/health/live")).Status);
        var ready = await empty.GetAsync("/v2/health/ready");
        ready.IsError(503);
        Assert.NotNull(ready.Headers.RetryAfter);
        (await empty.GetAsync("/v2/models/mnist/ready")).IsError(404, "No model");
    }

    [Theory]
    [InlineData("/v2/models/cats", "cats", "mnist")]
    [InlineData("/v2/models/cats/ready", "cats", "mnist")]
    [InlineData("/v2/models/mnist/versions/7", "7", "1")]
    [InlineData("/v2/models/mnist/versions/7/ready", "7", "1")]
    [InlineData("/v2/models/broken/ready", "broken", "mnist")]
    [InlineData("/v2/nothing", "/v2/nothing", "")]
    [InlineData("/v2/models", "/v2/models", "")]
    public async Task AMissingResourceIsAnErrorOfTheProtocol(string path, params string[] mentions) =>
        (await service.GetAsync(path)).IsError(404, mentions);

    [Fact]
    public async Task AWrongMethodIsAnErrorOfTheProtocol()
    {
        (await service.GetAsync("/v2/models/mnist/infer")).IsError(405, "GET");
        (await service.SendAsync("/v2", [])).IsError(405, "POST");
    }

    [Fact]
    public async Task OtherRoutesKeepTheirOwnErrors() => (await service.GetAsync("/v2x")).IsProblem(404, "not-found");

    [Fact]
    public async Task AModelListsItsVersionsInputsAndOutputs()
    {
        var model = (await service.GetAsync("/v2/models/plain")).Json;

        Assert.Equal("plain", model.GetProperty("name").GetString());
        Assert.Equal("onnxruntime_onnx", model.GetProperty("platform").GetString());
        Assert.Equal(
            ["1", "10"],
            model.GetProperty("versions").EnumerateArray().Select(version => version.GetString()));
        Assert.Equal(
            """[{"name":"pixels","datatype":"FP32","shape":[-1,4]}]""",
            model.GetProperty("inputs").GetRawText());
        Assert.Equal(
            """[{"name":"scores","datatype":"FP32","shape":[-1,3]},"""
                + """{"name":"logits","datatype":"FP32","shape":[-1,3]},"""
                + """{"name":"probabilities","datatype":"FP32","shape":[-1,3]}]""",
            model.GetProperty("outputs").GetRawText());
    }

    [Fact]
    public async Task OurOutputWinsANameClash()
    {
        var outputs = (await service.GetAsync("/v2/models/many/versions/1"))
            .Json.GetProperty("outputs")
            .EnumerateArray()
            .ToArray();

        Assert.Equal(
            ["halves FP16", "winner INT64", "positive BOOL", "logs FP32", "logits FP32", "probabilities FP32"],
            outputs.Select(output => $"{output.GetProperty("name")} {output.GetProperty("datatype")}"));
    }

    [Fact]
    public async Task AModelWithoutABatchAxisSaysSo()
    {
        var model = (await service.GetAsync("/v2/models/single")).Json;

        Assert.Equal("[4]", model.GetProperty("inputs")[0].GetProperty("shape").GetRawText());
        Assert.Equal("[1,3]", model.GetProperty("outputs")[2].GetProperty("shape").GetRawText());
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("{}", true)]
    [InlineData("""{"ready": false, "other": 1}""", true)]
    [InlineData("""{"ready": true}""", false)]
    public async Task TheIndexListsWhatIsServedAndWhatIsNot(string body, bool withBroken)
    {
        var index = (await service.SendAsync("/v2/repository/index", Encoding.UTF8.GetBytes(body)))
            .Json.EnumerateArray()
            .ToArray();

        var mnist = index.Single(entry => entry.GetProperty("name").GetString() == "mnist");
        Assert.Equal(
            ("1", "READY", ""),
            (
                mnist.GetProperty("version").GetString(),
                mnist.GetProperty("state").GetString(),
                mnist.GetProperty("reason").GetString()));
        var broken = index.Where(entry => entry.GetProperty("name").GetString() == "broken").ToArray();
        Assert.Equal(withBroken, broken.Length == 1);
        Assert.All(broken, entry => Assert.Equal("UNAVAILABLE", entry.GetProperty("state").GetString()));
        Assert.All(broken, entry => Assert.NotEmpty(entry.GetProperty("reason").GetString()!));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"ready": 1}""")]
    public async Task AnInvalidIndexRequestIsRejected(string body) =>
        (await service.SendAsync("/v2/repository/index", Encoding.UTF8.GetBytes(body))).IsError(400);

    [Theory]
    [InlineData("load")]
    [InlineData("unload")]
    public async Task LoadingAndUnloadingAreOffByDefault(string verb) =>
        (await service.SendAsync($"/v2/repository/models/mnist/{verb}", [])).IsError(403, "Models:AllowLoadUnload");
}

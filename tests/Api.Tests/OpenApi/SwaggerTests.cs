using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SoftmaxService.Api.Tests.OpenApi;

[Collection(nameof(RunningService))]
public sealed class SwaggerTests(RunningService service)
{
    [Theory]
    [InlineData("/swagger")]
    [InlineData("/swagger/index.html")]
    public async Task ThePageIsServed(string path)
    {
        var page = await service.GetAsync(path);

        Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
    }

    [Fact]
    public async Task AnUnknownPathIsToldOfThePage() =>
        (await service.GetAsync("/nowhere")).IsProblem(
            404, "not-found", "GET /nowhere: not found. GET /swagger lists the routes.");

    [Theory]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/index.js")]
    [InlineData("/swagger/v1/swagger.json")]
    public async Task ThePageIsGuarded(string path)
    {
        var headers = (await service.GetAsync(path)).Headers;

        Assert.Equal(
            ("nosniff", "DENY", "no-referrer"),
            (
                headers.GetValues("X-Content-Type-Options").Single(),
                headers.GetValues("X-Frame-Options").Single(),
                headers.GetValues("Referrer-Policy").Single()));
        var policy = headers.GetValues("Content-Security-Policy").Single();
        Assert.All(
            ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'"],
            rule => Assert.Contains(rule, policy, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("yaml")]
    [InlineData("yml")]
    public async Task TheDocumentIsServedAsYamlToo(string extension) =>
        Assert.StartsWith(
            "openapi: 3.0",
            System.Text.Encoding.UTF8.GetString((await service.GetAsync($"/swagger/v1/swagger.{extension}")).Body),
            StringComparison.Ordinal);

    [Fact]
    public async Task TheDocumentIsMadeOnce()
    {
        using var counting = new CountingService();
        var first = await counting.GetAsync("/swagger/v1/swagger.json");
        var count = counting.OperationCount;

        var second = await counting.GetAsync("/swagger/v1/swagger.json");

        Assert.NotEqual(0, count);
        Assert.Equal(count, counting.OperationCount);
        Assert.Equal(first.Body, second.Body);
    }

    /// <summary>The page's policy blocks inline scripts and styles.</summary>
    [Fact]
    public async Task ThePageHasNoInlineScriptOrStyle()
    {
        var page = System.Text.Encoding.UTF8.GetString((await service.GetAsync("/swagger/index.html")).Body);

        Assert.Matches("<script src=", page);
        Assert.DoesNotMatch("<script(?![^>]* src=)|<style|\\son[a-z]+=", page);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
    }

    [Fact]
    public async Task WithoutKeysThereIsNothingToAuthorize() =>
        Assert.False((await DocumentAsync()).GetProperty("components").TryGetProperty("securitySchemes", out _));

    [Fact]
    public async Task ADiagramMayNotRunScripts() =>
        Assert.Contains(
            "sandbox",
            (await service.GetAsync("/models/mnist/1/reliability.svg"))
                .Headers.GetValues("Content-Security-Policy")
                .Single(),
            StringComparison.Ordinal);

    [Fact]
    public async Task EveryRouteIsDocumented() =>
        Assert.Equal(
            [
                "/calibrate",
                "/classify",
                "/health/live",
                "/health/ready",
                "/models",
                "/models/{name}",
                "/models/{name}/{version}",
                "/models/{name}/{version}/reliability.svg",
                "/preprocess",
                "/softmax",
                "/softmax/gradient",
                "/v2",
                "/v2/health/live",
                "/v2/health/ready",
                "/v2/models/{model}",
                "/v2/models/{model}/infer",
                "/v2/models/{model}/ready",
                "/v2/models/{model}/versions/{version}",
                "/v2/models/{model}/versions/{version}/infer",
                "/v2/models/{model}/versions/{version}/ready",
                "/v2/repository/index",
                "/v2/repository/models/{model}/load",
                "/v2/repository/models/{model}/unload",
            ],
            (await DocumentAsync()).GetProperty("paths").EnumerateObject().Select(path => path.Name).Order());

    [Fact]
    public async Task EveryOperationHasASummaryAndADescribedSuccess()
    {
        foreach (var (path, operation) in Operations(await DocumentAsync()))
        {
            Assert.True(operation.TryGetProperty("summary", out _), path);
            Assert.True(operation.GetProperty("responses").TryGetProperty("200", out var success), path);
            Assert.True(success.TryGetProperty("content", out _), path);
        }
    }

    [Fact]
    public async Task TheKindOfACalibrationsRowsAndItsWarningsAreDocumented()
    {
        var schemas = (await DocumentAsync()).GetProperty("components").GetProperty("schemas");
        var kind = schemas.GetProperty("CalibrateRequest").GetProperty("properties").GetProperty("kind").GetRawText();
        var kinds = kind.Contains("$ref", StringComparison.Ordinal)
            ? schemas.GetProperty("OutputKind").GetRawText()
            : kind;

        Assert.Matches("\"logits\",\\s*\"probabilities\",\\s*\"log-probabilities\"", kinds);
        Assert.Equal(
            "array",
            schemas
                .GetProperty("ManifestCalibration")
                .GetProperty("properties")
                .GetProperty("warnings")
                .GetProperty("type")
                .GetString());
    }

    [Fact]
    public async Task NoTypeOfTheSourceIsNamed()
    {
        var document = await DocumentAsync();

        Assert.DoesNotContain("SoftmaxService.", document.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/classify", "model", "version", "temperature", "topK", "alpha", "threshold")]
    [InlineData("/preprocess", "model", "version", "as")]
    [InlineData("/softmax", "classes", "temperature")]
    public async Task EveryParameterIsDescribedWithItsRange(string path, params string[] names)
    {
        var parameters = Operation(await DocumentAsync(), path).GetProperty("parameters").EnumerateArray().ToArray();

        Assert.Equal(names, parameters.Select(parameter => parameter.GetProperty("name").GetString()));
        Assert.All(parameters, parameter => Assert.NotEmpty(parameter.GetProperty("description").GetString()!));
        Assert.All(
            parameters.Where(
                parameter => parameter.GetProperty("schema").GetProperty("type").GetString() is "number" or "integer"),
            parameter =>
                Assert.Contains(
                    parameter.GetProperty("schema").EnumerateObject(),
                    property => property.Name is "minimum" or "exclusiveMinimum"));
        Assert.All(
            parameters,
            parameter =>
                Assert.Contains(
                    "Example: `",
                    parameter.GetProperty("description").GetString(),
                    StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/classify")]
    [InlineData("/preprocess")]
    public async Task ImagesArePickedAsFiles(string path)
    {
        var content = Operation(await DocumentAsync(), path).GetProperty("requestBody").GetProperty("content");

        var field = content
            .GetProperty("multipart/form-data")
            .GetProperty("schema")
            .GetProperty("properties")
            .GetProperty("image");
        Assert.Equal(
            ("string", "binary"),
            (field.GetProperty("type").GetString(), field.GetProperty("format").GetString()));
        Assert.Equal(
            "binary",
            content.GetProperty("image/png").GetProperty("schema").GetProperty("format").GetString());
    }

    [Fact]
    public async Task AnImageIsReturnedAsBytes()
    {
        var content = Operation(await DocumentAsync(), "/preprocess")
            .GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content");

        Assert.Equal(["image/png", "application/x-npy"], content.EnumerateObject().Select(type => type.Name));
        Assert.All(
            content.EnumerateObject(),
            type => Assert.Equal("binary", type.Value.GetProperty("schema").GetProperty("format").GetString()));
    }

    [Fact]
    public async Task TheNamesOfAParameterAreListed()
    {
        var parameters = Operation(await DocumentAsync(), "/preprocess").GetProperty("parameters").EnumerateArray();

        Assert.Equal(
            ["png", "npy"],
            parameters.Single(parameter => parameter.GetProperty("name").GetString() == "as")
                .GetProperty("schema").GetProperty("enum").EnumerateArray().Select(value => value.GetString()));
    }

    [Theory]
    [InlineData("/classify", "400", "404", "413", "415", "422")]
    [InlineData("/preprocess", "400", "404", "413", "415", "422")]
    [InlineData("/softmax", "400", "413", "415")]
    [InlineData("/calibrate", "400", "413", "415", "422")]
    [InlineData("/softmax/gradient", "400", "413", "415")]
    [InlineData("/models/{name}/{version}", "404")]
    public async Task EveryProblemIsDocumentedWithAnExample(string path, params string[] statuses)
    {
        var responses = Operation(await DocumentAsync(), path).GetProperty("responses");

        foreach (var status in statuses)
        {
            var problem = responses.GetProperty(status).GetProperty("content").GetProperty("application/problem+json");
            Assert.All(
                problem.GetProperty("examples").EnumerateObject(),
                example =>
                    Assert.Equal(example.Name, example.Value.GetProperty("value").GetProperty("code").GetString()));
        }
    }

    [Theory]
    [InlineData("/softmax")]
    [InlineData("/calibrate")]
    [InlineData("/softmax/gradient")]
    [InlineData("/classify")]
    [InlineData("/preprocess")]
    public async Task EveryWorkedExampleWorks(string path)
    {
        var examples = Operation(await DocumentAsync(), path)
            .GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("examples");

        Assert.NotEmpty(examples.EnumerateObject());
        foreach (var example in examples.EnumerateObject())
        {
            var answer = await service.PostAsync(path, example.Value.GetProperty("value").GetRawText());

            Assert.True(answer.Status == 200, $"{example.Name}: {answer.Status}");
        }
    }

    [Fact]
    public async Task TheOpenInferenceRoutesAreGroupedAndTheirExampleWorks()
    {
        var operations = Operations(await DocumentAsync())
            .Where(entry => entry.Path.StartsWith("/v2", StringComparison.Ordinal))
            .ToArray();

        Assert.All(
            operations,
            entry =>
                Assert.Equal(
                    "Open Inference Protocol",
                    Assert.Single(entry.Operation.GetProperty("tags").EnumerateArray()).GetString()));
        Assert.All(
            operations.Where(entry => entry.Path.Contains("{model}", StringComparison.Ordinal)),
            entry => Assert.Equal("model", entry.Operation.GetProperty("parameters")[0].GetProperty("name").GetString())
        );
        Assert.DoesNotContain(
            "application/problem+json",
            string.Concat(operations.Select(entry => entry.Operation.GetRawText())),
            StringComparison.Ordinal);
        var example = operations
            .Single(entry => entry.Path == "/v2/models/{model}/infer")
            .Operation.GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("examples")
            .GetProperty("image");
        Assert.Equal(
            200,
            (await service.PostAsync("/v2/models/mnist/infer", example.GetProperty("value").GetRawText())).Status);
    }

    /// <summary>
    /// Swagger UI sends the example of an optional parameter by default, so the first attempt of every user would fail.
    /// </summary>
    [Fact]
    public async Task NoOptionalParameterIsFilledInForTheUser()
    {
        foreach (var (_, operation) in Operations(await DocumentAsync()))
        {
            var parameters = operation.TryGetProperty("parameters", out var all) ? all.EnumerateArray().ToArray() : [];
            Assert.DoesNotContain(
                parameters,
                parameter =>
                    parameter.GetProperty("in").GetString() == "query"
                    && (
                        parameter.TryGetProperty("example", out _)
                        || parameter.GetProperty("schema").TryGetProperty("example", out _)));
        }
    }

    [Fact]
    public async Task EveryReferencedSchemaExists()
    {
        var document = await DocumentAsync();
        var schemas = document
            .GetProperty("components")
            .GetProperty("schemas")
            .EnumerateObject()
            .Select(schema => schema.Name)
            .ToHashSet();
        var references = document
            .GetRawText()
            .Split("#/components/schemas/")
            .Skip(1)
            .Select(rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)]);

        Assert.Superset(references.ToHashSet(), schemas);
        Assert.Superset(
            new HashSet<string>
            {
                "ClassifyJsonRequest",
                "ClassifyResponse",
                "ClassifyBatchResponse",
                "SoftmaxRequest",
            },
            schemas);
    }

    private async Task<JsonElement> DocumentAsync() => (await service.GetAsync("/swagger/v1/swagger.json")).Json;

    private static JsonElement Operation(JsonElement document, string path) =>
        Operations(document).Single(entry => entry.Path == path).Operation;

    private static IEnumerable<(string Path, JsonElement Operation)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (path.Name, operation.Value);

    /// <summary>Counts the operations that are described.</summary>
    private sealed class CountingService : RunningService, IOperationFilter
    {
        private int _operationCount;

        public int OperationCount => Volatile.Read(ref _operationCount);

        public void Apply(OpenApiOperation operation, OperationFilterContext context) =>
            Interlocked.Increment(ref _operationCount);

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            base.ConfigureWebHost(builder);
            builder.ConfigureServices(services =>
                services.Configure<SwaggerGenOptions>(swagger => swagger.AddOperationFilterInstance(this)));
        }
    }
}

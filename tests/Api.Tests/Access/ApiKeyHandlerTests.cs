using System.Globalization;
using Grpc.Core;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Access;

[Collection(nameof(KeyedService))]
public sealed class ApiKeyHandlerTests(KeyedService service)
{
    private const string Header = KeyedService.Header;
    private const string Load = "/v2/repository/models/plain/load";
    private const string Unload = "/v2/repository/models/plain/unload";

    [Theory]
    [InlineData("GET", "/health/live")]
    [InlineData("GET", "/health/ready")]
    [InlineData("GET", "/metrics")]
    [InlineData("GET", "/v2/health/live")]
    [InlineData("GET", "/v2/health/ready")]
    [InlineData("HEAD", "/v2/health/ready")]
    [InlineData("GET", "/swagger/index.html")]
    [InlineData("GET", "/swagger/v1/swagger.json")]
    [InlineData("GET", "/")]
    [InlineData("HEAD", "/")]
    [InlineData("GET", "/assets/0123456789abcdef/app.js")]
    [InlineData("GET", "/nowhere")]
    public async Task ProbesAndDocumentationNeedNoKey(string method, string path) =>
        Assert.NotEqual(401, (await service.SendAsync(new HttpMethod(method), path)).Status);

    [Theory]
    [InlineData("POST", "/classify")]
    [InlineData("POST", "/preprocess")]
    [InlineData("POST", "/softmax")]
    [InlineData("POST", "/softmax/gradient")]
    [InlineData("POST", "/calibrate")]
    [InlineData("GET", "/models")]
    [InlineData("GET", "/models/plain")]
    [InlineData("GET", "/models/plain/1")]
    [InlineData("GET", "/models/plain/1/reliability.svg")]
    public async Task EveryOtherRouteNeedsAKeyThatMayInfer(string method, string path)
    {
        var missing = await service.SendAsync(new HttpMethod(method), path);
        missing.IsProblem(401, "key-missing", Header, "Bearer");
        Assert.Equal("Bearer realm=\"SoftmaxService\"", missing.Headers.WwwAuthenticate.ToString());

        var wrong = await service.SendAsync(new HttpMethod(method), path, (Header, "guessed"));
        wrong.IsProblem(401, "key-unknown");
        Assert.Contains("invalid_token", wrong.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);

        var other = await service.SendAsync(new HttpMethod(method), path, (Header, KeyedService.Admin));
        other.IsProblem(403, "scope-missing", "infer");
        Assert.Contains("scope=\"infer\"", other.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);

        Assert.DoesNotContain(
            (await service.SendAsync(new HttpMethod(method), path, (Header, KeyedService.Infer))).Status,
            new[] { 401, 403 });
    }

    [Theory]
    [InlineData("GET", "/v2", "infer")]
    [InlineData("GET", "/v2/models/plain", "infer")]
    [InlineData("GET", "/v2/models/plain/versions/1/ready", "infer")]
    [InlineData("POST", "/v2/models/plain/infer", "infer")]
    [InlineData("POST", "/v2/models/plain/infer/", "infer")]
    [InlineData("POST", "/V2/Models/plain/versions/1/infer", "infer")]
    [InlineData("POST", "/v2/repository/index", "infer")]
    [InlineData("POST", Load, "admin")]
    [InlineData("POST", Load + "/", "admin")]
    [InlineData("POST", Unload, "admin")]
    [InlineData("POST", "/v2/Repository/models/plain/unload/", "admin")]
    public async Task TheProtocolsRoutesSpeakItsOwnErrors(string method, string path, string scope)
    {
        var (enough, tooLittle) =
            scope == "infer" ? (KeyedService.Infer, KeyedService.Admin) : (KeyedService.Admin, KeyedService.Infer);

        (await service.SendAsync(new HttpMethod(method), path)).IsError(401, Header);
        (await service.SendAsync(new HttpMethod(method), path, (Header, tooLittle))).IsError(403, scope);
        Assert.DoesNotContain(
            (await service.SendAsync(new HttpMethod(method), path, (Header, enough))).Status,
            new[] { 401, 403 });
        Assert.Equal(200, (await service.SendAsync(HttpMethod.Post, Load, (Header, KeyedService.Both))).Status);
    }

    [Theory]
    [InlineData(Header, KeyedService.Infer, 200)]
    [InlineData("x-api-key", KeyedService.Infer, 200)]
    [InlineData("Authorization", "Bearer " + KeyedService.Infer, 200)]
    [InlineData("Authorization", "bearer  " + KeyedService.Infer, 200)]
    [InlineData("Authorization", "Basic " + KeyedService.Infer, 401)]
    [InlineData("Authorization", KeyedService.Infer, 401)]
    [InlineData("Authorization", "Bearer ", 401)]
    [InlineData("Authorization", "Bearer", 401)]
    [InlineData(Header, "", 401)]
    [InlineData(Header, "The key that may infer", 401)]
    [InlineData(Header, KeyedService.Infer + "!", 401)]
    public async Task AKeyIsReadFromEitherHeader(string header, string value, int status) =>
        Assert.Equal(status, (await service.SendAsync(HttpMethod.Get, "/models", (header, value))).Status);

    [Fact]
    public async Task AHashIsNotAcceptedAsAKey() =>
        Assert.Equal(
            401,
            (
                await service.SendAsync(HttpMethod.Get, "/models", (Header, KeyedService.HashOf(KeyedService.Infer)))
            ).Status);

    [Fact]
    public async Task AnOversizedKeyIsRejected() =>
        Assert.Equal(
            401,
            (await service.SendAsync(HttpMethod.Get, "/models", (Header, new string('x', 20_000)))).Status);

    [Theory]
    [InlineData("GET", "/models/plain/1/reliability.svg", KeyedService.Infer, 200)]
    [InlineData("HEAD", "/models/plain/1/reliability.svg", KeyedService.Infer, 200)]
    [InlineData("GET", "/models/plain/2/reliability.svg", KeyedService.Infer, 404)]
    [InlineData("GET", "/models/plain/1/reliability.svg", "guessed", 401)]
    [InlineData("GET", "/models", KeyedService.Infer, 200)]
    [InlineData("GET", "/v2/models/plain", KeyedService.Infer, 200)]
    public async Task NoCacheStoresWhatOnlyAKeyMayRead(string method, string path, string key, int status)
    {
        var answer = await service.SendAsync(new HttpMethod(method), path, (Header, key));

        Assert.Equal(status, answer.Status);
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.Equal([Header, "Authorization"], answer.Headers.Vary);
    }

    [Fact]
    public async Task WhatEveryoneMayReadCanBeStored() =>
        Assert.NotEqual(true, (await service.SendAsync(HttpMethod.Get, "/")).Headers.CacheControl?.NoStore);

    [Fact]
    public async Task TwoKeysAreRejected() =>
        Assert.Equal(
            401,
            (
                await service.SendAsync(
                    HttpMethod.Get,
                    "/models",
                    (Header, KeyedService.Infer),
                    (Header, KeyedService.Infer))).Status);

    [Fact]
    public async Task AKeyOverItsRateGetsRetryAfterAndOthersAreUnaffected()
    {
        Assert.Equal(200, (await service.SendAsync(HttpMethod.Get, "/models", (Header, KeyedService.Slow))).Status);
        Assert.Equal(200, (await service.SendAsync(HttpMethod.Get, "/models", (Header, KeyedService.Slow))).Status);

        var rejected = await service.SendAsync(HttpMethod.Get, "/models", (Header, KeyedService.Slow));
        rejected.IsProblem(429, "rate-exceeded", "RequestsPerSecond");
        Assert.InRange(rejected.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 900, 1000);
        (await service.SendAsync(HttpMethod.Get, "/v2", (Header, KeyedService.Slow))).IsError(429);
        Assert.Equal(
            200,
            (await service.SendAsync(HttpMethod.Get, "/health/live", (Header, KeyedService.Slow))).Status);
        Assert.Equal(200, (await service.SendAsync(HttpMethod.Get, "/models", (Header, KeyedService.Infer))).Status);
        await service.IsAsync(
            StatusCode.ResourceExhausted,
            KeyedService.Slow,
            (client, key) => client.ServerMetadataAsync(new ServerMetadataRequest(), key));
    }

    [Fact]
    public async Task NoKeyIsEverLogged()
    {
        string[] keys = [KeyedService.Infer, "guessed-and-wrong"];
        foreach (var key in keys)
        {
            await service.SendAsync(HttpMethod.Get, "/models", (Header, key));
            await service.SendAsync(HttpMethod.Get, "/models", ("Authorization", $"Bearer {key}"));
        }

        using var written = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var line in service.Log)
        {
            new Serilog.Formatting.Compact.RenderedCompactJsonFormatter().Format(line, written);
        }

        var log = written.ToString();
        Assert.Contains("/models", log, StringComparison.Ordinal);
        Assert.All(
            [.. keys, .. keys.Select(KeyedService.HashOf)],
            secret => Assert.DoesNotContain(secret, log, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task TheOpenApiDocumentSaysWhatNeedsAKey()
    {
        var document = (await service.GetAsync("/swagger/v1/swagger.json")).Json;
        var schemes = document.GetProperty("components").GetProperty("securitySchemes");
        Assert.Equal(
            ("apiKey", "header", Header),
            (Text(schemes, "apiKey", "type"), Text(schemes, "apiKey", "in"), Text(schemes, "apiKey", "name")));
        Assert.Equal(("http", "bearer"), (Text(schemes, "bearer", "type"), Text(schemes, "bearer", "scheme")));

        var open =
            from path in document.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where !operation.Value.TryGetProperty("security", out _)
            select path.Name;
        Assert.Equal(
            ["/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"],
            open.Except(["/metrics"]).Order());
        var classify = document.GetProperty("paths").GetProperty("/classify").GetProperty("post");
        Assert.Equal(
            """[{"apiKey":[]},{"bearer":[]}]""",
            System.Text.Json.JsonSerializer.Serialize(classify.GetProperty("security")));
        Assert.All(
            [("401", "key-missing"), ("403", "scope-missing"), ("429", "overloaded"), ("429", "rate-exceeded")],
            problem => Assert.Contains(
                $"`{problem.Item2}`",
                classify.GetProperty("responses").GetProperty(problem.Item1).GetProperty("description").GetString(),
                StringComparison.Ordinal));
    }

    private static string? Text(System.Text.Json.JsonElement schemes, string scheme, string property) =>
        schemes.GetProperty(scheme).GetProperty(property).GetString();
}

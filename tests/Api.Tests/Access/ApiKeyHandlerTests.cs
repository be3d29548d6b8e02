using System.Globalization;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Access;

[Collection(nameof(KeyedService))]
public sealed class ApiKeyHandlerTests(KeyedService service)
{
    private const string Header = "X-API-Key";
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

        var refused = await service.SendAsync(HttpMethod.Get, "/models", (Header, KeyedService.Slow));
        refused.IsProblem(429, "rate-exceeded", "RequestsPerSecond");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 900, 1000);
        (await service.SendAsync(HttpMethod.Get, "/v2", (Header, KeyedService.Slow))).IsError(429);
        Assert.Equal(
            200,
            (await service.SendAsync(HttpMethod.Get, "/health/live", (Header, KeyedService.Slow))).Status);
        Assert.Equal(200, (await service.SendAsync(HttpMethod.Get, "/models", (Header, KeyedService.Infer))).Status);
        await IsAsync(
            StatusCode.ResourceExhausted,
            KeyedService.Slow,
            (client, key) => client.ServerMetadataAsync(new ServerMetadataRequest(), key));
    }

    [Fact]
    public async Task GrpcTakesTheSameKeys()
    {
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, Task>[] inferring =
        [
            async (client, key) => await client.ServerMetadataAsync(new ServerMetadataRequest(), key),
            async (client, key) => await client.ModelReadyAsync(new ModelReadyRequest { Name = "plain" }, key),
            async (client, key) => await client.ModelMetadataAsync(new ModelMetadataRequest { Name = "plain" }, key),
            async (client, key) => await client.RepositoryIndexAsync(new RepositoryIndexRequest(), key),
        ];
        foreach (var call in inferring)
        {
            await IsAsync(StatusCode.Unauthenticated, null, call);
            await IsAsync(StatusCode.Unauthenticated, "guessed", call);
            await IsAsync(StatusCode.PermissionDenied, KeyedService.Admin, call);
            await IsAsync(StatusCode.OK, KeyedService.Infer, call);
        }

        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, Task>[] loading =
        [
            async (client, key) =>
                await client.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "plain" }, key),
            async (client, key) =>
                await client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "plain" }, key),
        ];
        foreach (var call in loading)
        {
            await IsAsync(StatusCode.Unauthenticated, null, call);
            await IsAsync(StatusCode.PermissionDenied, KeyedService.Infer, call);
            await IsAsync(StatusCode.OK, KeyedService.Admin, call);
        }

        await IsAsync(
            StatusCode.Unauthenticated,
            null,
            (client, key) => client.ModelInferAsync(new ModelInferRequest { ModelName = "plain" }, key));
        await IsAsync(
            StatusCode.InvalidArgument,
            KeyedService.Infer,
            (client, key) => client.ModelInferAsync(new ModelInferRequest { ModelName = "plain" }, key));
    }

    [Fact]
    public async Task ProbesOverGrpcNeedNoKey()
    {
        await IsAsync(StatusCode.OK, null, (client, key) => client.ServerLiveAsync(new ServerLiveRequest(), key));
        await IsAsync(StatusCode.OK, null, (client, key) => client.ServerReadyAsync(new ServerReadyRequest(), key));
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress);

        Assert.Equal(
            HealthCheckResponse.Types.ServingStatus.Serving,
            (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status);
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

    [Fact]
    public async Task OnlyAnAllowedOriginMayCallFromABrowser()
    {
        var preflight = await service.SendAsync(
            HttpMethod.Options,
            "/classify",
            ("Origin", "http://localhost:3000"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", Header));
        Assert.Equal(
            (204, "http://localhost:3000", Header),
            (
                preflight.Status,
                One(preflight, "Access-Control-Allow-Origin"),
                One(preflight, "Access-Control-Allow-Headers")));

        var refused = await service.SendAsync(HttpMethod.Get, "/models", ("Origin", "https://app.example.org"));
        // so that the page can read the reason
        Assert.Equal((401, "https://app.example.org"), (refused.Status, One(refused, "Access-Control-Allow-Origin")));
        var failed = await service.SendAsync(
            HttpMethod.Get,
            "/models/nobody",
            ("Origin", "https://app.example.org"),
            (Header, KeyedService.Infer));
        Assert.Equal((404, "https://app.example.org"), (failed.Status, One(failed, "Access-Control-Allow-Origin")));

        var other = await service.SendAsync(
            HttpMethod.Options,
            "/classify",
            ("Origin", "https://evil.example.org"),
            ("Access-Control-Request-Method", "POST"));
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }

    /// <summary>Names that would point outside the repository if they were used in a path.</summary>
    [Theory]
    [InlineData("..")]
    [InlineData("../plain")]
    [InlineData("plain/../../etc")]
    [InlineData("/etc")]
    [InlineData("/")]
    [InlineData("C:\\")]
    [InlineData("..\\..\\etc")]
    [InlineData("plain\0")]
    [InlineData("plain\n")]
    [InlineData("．．／etc")]
    [InlineData("․․/etc")]
    [InlineData("..%2f..%2fetc")]
    [InlineData("\u202eplain")]
    [InlineData("plaın")]
    [InlineData("PLAIN")]
    [InlineData(".")]
    [InlineData("")]
    public async Task ANameFromAClientNeverMakesAPath(string name)
    {
        var encoded = Uri.EscapeDataString(name);
        foreach (var path in new[]
            {
                $"/v2/repository/models/{encoded}/load",
                $"/v2/repository/models/{encoded}/unload",
                $"/v2/models/{encoded}/infer",
                $"/v2/models/plain/versions/{encoded}/infer",
                $"/classify?model={encoded}",
                $"/classify?version={encoded}",
            })
        {
            var answer = await service.SendAsync(HttpMethod.Post, path, (Header, KeyedService.Both));
            Assert.True(answer.Status is 400 or 404 or 405, $"{path}: {answer.Status}");
        }

        foreach (var path in new[]
            {
                $"/models/{encoded}",
                $"/models/plain/{encoded}",
                $"/models/{encoded}/1/reliability.svg",
                $"/models/plain/{encoded}/reliability.svg",
            })
        {
            var answer = await service.SendAsync(HttpMethod.Get, path, (Header, KeyedService.Both));
            Assert.True(
                answer.Status is 200 or 302 or 400 or 404 && answer.MediaType != "image/svg+xml",
                $"{path}: {answer.Status}");
        }

        Assert.Equal(
            StatusCode.NotFound,
            await StatusOfAsync(
                KeyedService.Both,
                (client, key) =>
                    client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = name }, key)));
        Assert.Equal(
            StatusCode.NotFound,
            await StatusOfAsync(
                KeyedService.Both,
                (client, key) =>
                    client.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = name }, key)));
        if (name.Length > 0)
        {
            Assert.Equal(
                StatusCode.NotFound,
                await StatusOfAsync(
                    KeyedService.Both,
                    (client, key) =>
                        client.ModelMetadataAsync(new ModelMetadataRequest { Name = "plain", Version = name }, key)));
        }
    }

    private static string? Text(System.Text.Json.JsonElement schemes, string scheme, string property) =>
        schemes.GetProperty(scheme).GetProperty(property).GetString();

    private static string One(Answer answer, string header) => Assert.Single(answer.Headers.GetValues(header));

    private async Task IsAsync<T>(
        StatusCode status,
        string? key,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, AsyncUnaryCall<T>> call) =>
        Assert.Equal(status, await StatusOfAsync(key, call));

    private async Task IsAsync(
        StatusCode status,
        string? key,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, Task> call) =>
        Assert.Equal(status, await StatusOfAsync(key, call));

    private Task<StatusCode> StatusOfAsync<T>(
        string? key,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, AsyncUnaryCall<T>> call) =>
        StatusOfAsync(key, async (client, metadata) => await call(client, metadata));

    private async Task<StatusCode> StatusOfAsync(
        string? key,
        Func<GRPCInferenceService.GRPCInferenceServiceClient, Metadata, Task> call)
    {
        _ = service.Client; // starts it
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress);
        try
        {
            await call(
                new GRPCInferenceService.GRPCInferenceServiceClient(channel),
                key is null ? [] : [new Metadata.Entry("x-api-key", key)]);
            return StatusCode.OK;
        }
        catch (RpcException fault)
        {
            return fault.StatusCode;
        }
    }
}

namespace SoftmaxService.Api.Tests.Access;

/// <summary>What a browser may read of an answer, by the origin of its page.</summary>
[Collection(nameof(KeyedService))]
public sealed class AllowedOriginTests(KeyedService service)
{
    [Fact]
    public async Task OnlyAnAllowedOriginMayCallFromABrowser()
    {
        var preflight = await service.SendAsync(
            HttpMethod.Options,
            "/classify",
            ("Origin", "http://localhost:3000"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", KeyedService.Header));
        Assert.Equal(
            (204, "http://localhost:3000", KeyedService.Header),
            (
                preflight.Status,
                One(preflight, "Access-Control-Allow-Origin"),
                One(preflight, "Access-Control-Allow-Headers")));

        var rejected = await service.SendAsync(HttpMethod.Get, "/models", ("Origin", "https://app.example.org"));
        // so that the page can read the reason
        Assert.Equal((401, "https://app.example.org"), (rejected.Status, One(rejected, "Access-Control-Allow-Origin")));
        var failed = await service.SendAsync(
            HttpMethod.Get,
            "/models/nobody",
            ("Origin", "https://app.example.org"),
            (KeyedService.Header, KeyedService.Infer));
        Assert.Equal((404, "https://app.example.org"), (failed.Status, One(failed, "Access-Control-Allow-Origin")));

        var other = await service.SendAsync(
            HttpMethod.Options,
            "/classify",
            ("Origin", "https://evil.example.org"),
            ("Access-Control-Request-Method", "POST"));
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static string One(Answer answer, string header) => Assert.Single(answer.Headers.GetValues(header));
}

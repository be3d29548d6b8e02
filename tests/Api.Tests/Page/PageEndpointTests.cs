using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using SoftmaxService.Api.Tests.Metrics;

namespace SoftmaxService.Api.Tests.Page;

[Collection(nameof(RunningService))]
public sealed partial class PageEndpointTests(RunningService service)
{
    private const string KeepForEver = "public, max-age=31536000, immutable";

    [Fact]
    public async Task TheRootIsThePage()
    {
        using var answer = await SendAsync("/");

        Assert.Equal(
            (200, "text/html; charset=utf-8"),
            ((int)answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
        Assert.Equal("no-cache", answer.Headers.CacheControl?.ToString());
        Assert.DoesNotContain("{{", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FilesOfThePageExistAndMayBeCached()
    {
        var names = await AssetsOfThePageAsync();

        Assert.NotEmpty(names);
        Assert.Single(names.Select(name => name.Split('/')[1]).Distinct());
        foreach (var name in names)
        {
            using var answer = await SendAsync("/" + name);
            Assert.Equal((200, KeepForEver), ((int)answer.StatusCode, answer.Headers.CacheControl?.ToString()));
            Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
        }
    }

    /// <summary>During a rollout, a page of one version requests its files from another version.</summary>
    [Fact]
    public async Task AFileUnderAnotherHashIsServedButNotCached()
    {
        var name = (await AssetsOfThePageAsync())[0];
        using var expected = await SendAsync("/" + name);
        using var actual = await SendAsync(Hash().Replace("/" + name, "0123456789abcdef"));

        Assert.Equal((200, "no-cache"), ((int)actual.StatusCode, actual.Headers.CacheControl?.ToString()));
        Assert.Equal(await expected.Content.ReadAsByteArrayAsync(), await actual.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("nothing.js")]
    [InlineData("index.html")]
    [InlineData("")]
    [InlineData("..%2fappsettings.json")]
    [InlineData("%2e%2e/%2e%2e/appsettings.json")]
    public async Task AMissingFileIsNotFound(string name)
    {
        var answer = await service.GetAsync($"/assets/0123456789abcdef/{name}");

        answer.IsProblem(404, "not-found");
        Assert.NotEqual(true, answer.Headers.CacheControl?.Public);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task ACachedPageGetsNotModified(string method)
    {
        using var first = await SendAsync("/");
        var tag = first.Headers.ETag!;
        Assert.False(tag.IsWeak);

        foreach (var held in new[] { tag.Tag, $"W/{tag.Tag}", $"\"other\", {tag.Tag}", "*" })
        {
            using var answer = await SendAsync("/", method, ("If-None-Match", held));
            Assert.Equal(
                (304, tag, "no-cache"),
                ((int)answer.StatusCode, answer.Headers.ETag, answer.Headers.CacheControl?.ToString()));
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        }

        foreach (var other in new[] { "\"other\"", "nonsense" })
        {
            using var answer = await SendAsync("/", method, ("If-None-Match", other));
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("GZIP", "gzip")]
    [InlineData("*", "br")]
    [InlineData("br;q=0, *", "gzip")]
    [InlineData("br;q=0.5, gzip;q=0.9", "gzip")]
    [InlineData("br;q=0, gzip;q=0", null)]
    [InlineData("identity", null)]
    [InlineData("gzip;q=nan", null)]
    [InlineData("", null)]
    public async Task ItIsCompressedInTheClientsPreferredEncoding(string accepted, string? encoding)
    {
        foreach (var path in (string[])["/", "/" + (await AssetsOfThePageAsync())[0]])
        {
            using var plain = await SendAsync(path);
            using var answer = await SendAsync(path, "GET", ("Accept-Encoding", accepted));

            Assert.Equal(encoding, answer.Content.Headers.ContentEncoding.SingleOrDefault());
            Assert.Equal(
                (plain.Content.Headers.ContentType, "Accept-Encoding"),
                (answer.Content.Headers.ContentType, answer.Headers.Vary.Single()));
            Assert.Equal(encoding is null, plain.Headers.ETag!.Equals(answer.Headers.ETag));
            Assert.Equal(
                await plain.Content.ReadAsByteArrayAsync(),
                Decompress(await answer.Content.ReadAsByteArrayAsync(), encoding));
        }
    }

    [Fact]
    public async Task HeadHasTheHeadersOfGetAndNoBody()
    {
        foreach (var path in (string[])["/", "/" + (await AssetsOfThePageAsync())[0]])
        {
            using var get = await SendAsync(path, "GET", ("Accept-Encoding", "br"));
            using var head = await SendAsync(path, "HEAD", ("Accept-Encoding", "br"));

            Assert.Equal(HeadersOf(get), HeadersOf(head));
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }

        static IEnumerable<string> HeadersOf(HttpResponseMessage answer) =>
            [
                .. answer
                    .Headers.Concat(answer.Content.Headers)
                    .Where(header => header.Key != "Date")
                    .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}")
                    .Order(StringComparer.Ordinal),
            ];
    }

    [Fact]
    public async Task ThePageAndItsFilesAreGuarded()
    {
        foreach (var path in (string[])["/", "/" + (await AssetsOfThePageAsync())[0], "/assets/0/nothing.js"])
        {
            var headers = (await service.GetAsync(path)).Headers;

            Assert.Equal(
                ("nosniff", "DENY", "no-referrer"),
                (
                    headers.GetValues("X-Content-Type-Options").Single(),
                    headers.GetValues("X-Frame-Options").Single(),
                    headers.GetValues("Referrer-Policy").Single()));
            Assert.Equal(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src "
                    + "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                headers.GetValues("Content-Security-Policy").Single());
        }
    }

    /// <summary>
    /// The policy blocks inline scripts and styles, and everything from other origins.
    /// </summary>
    [Fact]
    public async Task ThePageHasNothingThatItsPolicyForbids()
    {
        var page = Encoding.UTF8.GetString((await service.GetAsync("/")).Body);

        Assert.Matches("<script[^>]* src=", page);
        Assert.DoesNotMatch("<script(?![^>]* src=)|<style|\\sstyle=|\\son[a-z]+=", page);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
    }

    [Fact]
    public async Task AllFilesAreOneRoute()
    {
        using var own = new ServiceWith();
        foreach (var path in new[] { "/", "/assets/a/x.js", "/assets/b/c/y.css", "/assets/" })
        {
            await own.GetAsync(path);
        }

        var samples = await MetricsText.UntilAsync(
            own,
            samples => samples.Sum("softmax_requests_total", ("status", "404")) == 3);
        Assert.Equal(2, samples.Sum("softmax_requests_total", ("route", "/assets/{hash}/{**name}"), ("status", "404")));
        Assert.Equal(1, samples.Sum("softmax_requests_total", ("route", "/"), ("status", "200")));
    }

    [Fact]
    public async Task APostToThePageIsRejected() =>
        (await service.PostAsync("/", "{}")).IsProblem(405, "method-not-allowed");

    private async Task<string[]> AssetsOfThePageAsync() =>
        [
            .. AssetUrl()
                .Matches(Encoding.UTF8.GetString((await service.GetAsync("/")).Body))
                .Select(url => url.Groups["path"].Value),
        ];

    private async Task<HttpResponseMessage> SendAsync(
        string path,
        string method = "GET",
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await service.Client.SendAsync(request);
    }

    private static byte[] Decompress(byte[] body, string? encoding)
    {
        using var compressed = new MemoryStream(body);
        using Stream plain = encoding switch
        {
            "br" => new BrotliStream(compressed, CompressionMode.Decompress),
            "gzip" => new GZipStream(compressed, CompressionMode.Decompress),
            _ => compressed,
        };
        var whole = new MemoryStream();
        plain.CopyTo(whole);
        return whole.ToArray();
    }

    [GeneratedRegex("(src|href)=\"(?<path>assets/[0-9a-f]{16}/[^\"]+)\"")]
    private static partial Regex AssetUrl();

    [GeneratedRegex("(?<=/assets/)[0-9a-f]{16}")]
    private static partial Regex Hash();
}

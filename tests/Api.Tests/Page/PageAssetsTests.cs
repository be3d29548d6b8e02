using System.Text;
using SoftmaxService.Api.Page;

namespace SoftmaxService.Api.Tests.Page;

public sealed class PageAssetsTests
{
    [Fact]
    public void TheHashDependsOnEveryNameAndContent()
    {
        PageAssets[] sets =
        [
            With(("a.js", "1"), ("b.js", "2")),
            With(("a.js", "1"), ("b.js", "3")),
            With(("a.js", "1"), ("c.js", "2")),
            With(("a.js", "1")),
            With(("a.js", "2"), ("b.js", "1")),
            With(("a.js", "1b.js"), ("b.js", "")),
        ];

        Assert.Equal(sets.Length, sets.Select(assets => assets.Hash).Distinct().Count());
        Assert.All(sets, assets => Assert.Matches("^[0-9a-f]{16}$", assets.Hash));
        Assert.Equal(sets[0].Hash, With(("b.js", "2"), ("a.js", "1")).Hash);
    }

    [Fact]
    public void EveryPlaceholderBecomesARelativeFolder()
    {
        var assets = With(("index.html", "<link href=\"{{assets}}/a.css\"><script src=\"{{assets}}/b/c.js\">"));

        Assert.Equal(
            $"<link href=\"assets/{assets.Hash}/a.css\"><script src=\"assets/{assets.Hash}/b/c.js\">",
            Encoding.UTF8.GetString(assets.Index.Encoded(null).Span));
    }

    [Theory]
    [InlineData("a.css", "text/css; charset=utf-8", true)]
    [InlineData("deep/er/a.js", "text/javascript; charset=utf-8", true)]
    [InlineData("a.min.js", "text/javascript; charset=utf-8", true)]
    [InlineData("a.svg", "image/svg+xml", true)]
    [InlineData("a.webmanifest", "application/manifest+json", true)]
    [InlineData("a.html", "text/html; charset=utf-8", true)]
    [InlineData("a.png", "image/png", false)]
    public void EachKindOfFileHasItsContentType(string name, string contentType, bool isCompressed)
    {
        Assert.True(With((name, "x")).TryFind(name, out var asset));
        Assert.Equal((contentType, isCompressed), (asset.ContentType, asset.IsCompressed));
    }

    [Fact]
    public void AFileWithoutAContentTypeIsRejectedByName() =>
        Assert.Contains(
            "a.exe",
            Assert.Throws<ArgumentException>(() => With(("a.exe", ""))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void TextGetsSmaller()
    {
        var asset = new PageAsset(
            "a.js",
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("const name = document.title;\n", 100))));

        Assert.All(
            [PageAsset.Brotli, PageAsset.Gzip],
            encoding => Assert.InRange(asset.Encoded(encoding).Length, 1, 100));
    }

    private static PageAssets With(params (string Name, string Content)[] files)
    {
        var all = new Dictionary<string, byte[]> { ["index.html"] = [] };
        foreach (var (name, content) in files)
        {
            all[name] = Encoding.UTF8.GetBytes(content);
        }

        return new PageAssets(all);
    }
}

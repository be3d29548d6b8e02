using System.Text;
using System.Text.RegularExpressions;

namespace SoftmaxService.Api.Tests.Documentation;

/// <summary>Every link between documents has a target, and every page of docs is linked.</summary>
public sealed partial class LinkTests
{
    public static TheoryData<string> All => [.. Documents.All];

    [Theory]
    [MemberData(nameof(All))]
    public void EveryLinkLeadsSomewhere(string document)
    {
        var folder = Path.GetDirectoryName(document)!; // a file's path has a folder, possibly empty
        Assert.All(LinksOf(document), link =>
        {
            var (path, anchor) = link.Split('#', 2) is [var before, var after] ? (before, after) : (link, null);
            var target = path.Length == 0 ? document : Normalized(Path.Combine(folder, path));
            Assert.True(Path.Exists(Repository.PathOf(target)), $"{document} links to {link}, which does not exist.");
            Assert.True(
                anchor is null || AnchorsOf(target).Contains(anchor),
                $"{document} links to {link}, but {target} has no heading with the anchor #{anchor}.");
        });
    }

    [Fact]
    public void TheReadMeLinksToEveryPage()
    {
        var links = LinksOf(Documents.ReadMe).Select(link => link.Split('#')[0]).ToHashSet();

        Assert.All(Documents.Manual.Where(path => path != Documents.ReadMe), page => Assert.Contains(page, links));
    }

    [Theory]
    [InlineData("## What's new: `a/b` & more!", "whats-new-ab--more")]
    [InlineData("# `mnist/1`: handwritten digits", "mnist1-handwritten-digits")]
    [InlineData("## See [the page](x.md)", "see-the-page")]
    public void AnchorsAreMadeAsOnGitHub(string heading, string anchor) => Assert.Equal(anchor, AnchorOf(heading));

    private static IEnumerable<string> LinksOf(string document) => Link()
        .Matches(WithoutCode(Repository.ReadText(document)))
        .Select(link => link.Groups["target"].Value)
        .Where(target => !Uri.TryCreate(target, UriKind.Absolute, out var uri) || uri.IsFile);

    private static HashSet<string> AnchorsOf(string document)
    {
        var anchors = new HashSet<string>();
        foreach (Match heading in Heading().Matches(WithoutBlocks(Repository.ReadText(document))))
        {
            var anchor = AnchorOf(heading.Value);
            for (var repetition = 1; !anchors.Add(anchor); repetition++)
            {
                anchor = $"{AnchorOf(heading.Value)}-{repetition}";
            }
        }

        return anchors;
    }

    /// <summary>GitHub's rule: lower case, without punctuation, a hyphen for each space.</summary>
    private static string AnchorOf(string heading)
    {
        var text = LinkText().Replace(heading.TrimStart('#').Trim(), "${text}").ToLowerInvariant();
        var anchor = new StringBuilder();
        foreach (var character in text)
        {
            if (char.IsLetterOrDigit(character) || character is ' ' or '-' or '_')
            {
                anchor.Append(character == ' ' ? '-' : character);
            }
        }

        return anchor.ToString();
    }

    private static string Normalized(string path) =>
        Path.GetRelativePath(Repository.Root, Path.GetFullPath(Repository.PathOf(path))).Replace('\\', '/');

    private static string WithoutBlocks(string markdown) => Block().Replace(markdown, "");

    private static string WithoutCode(string markdown) => Code().Replace(WithoutBlocks(markdown), "");

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code();

    [GeneratedRegex("^#{1,6} .*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)|<(img|a)[^>]* (src|href)=""(?<target>[^""]+)""")]
    private static partial Regex Link();

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkText();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace SoftmaxService.Api.Tests.Documentation;

/// <summary>
/// A line of a source file or a document has at most 120 columns. Exceptions:
/// <list type="bullet">
/// <item>a row of a Markdown table, also in a raw string of C#;</item>
/// <item>a line without a space to break at, such as a URL, a link or a hash;</item>
/// <item>in a code block of a document, a line that is one JSON string, which JSON cannot break.</item>
/// </list>
/// </summary>
public sealed partial class LineLengthTests
{
    private const int MaxColumns = 120;

    [Fact]
    public void NoLineIsTooLong()
    {
        var files = Repository.FilesWith(".md", ".cs", ".js", ".css", ".html");

        Assert.Empty(files.SelectMany(TooLongLines));
    }

    [Theory]
    [InlineData("| a | {0} |", false)]
    [InlineData("- [link]({0})", false)]
    [InlineData("    // https://example.org/{0}", false)]
    [InlineData("words and {0}", true)]
    [InlineData("        || name == {0}", true)]
    public void OnlyLinesThatCannotWrapMayBeLong(string format, bool isTooLong)
    {
        var line = string.Format(CultureInfo.InvariantCulture, format, new string('x', MaxColumns));

        Assert.Equal(isTooLong, IsTooLong(line, isInCodeBlock: false));
        Assert.False(IsTooLong(format, isInCodeBlock: false));
    }

    [Fact]
    public void AJsonStringInACodeBlockMayBeLong()
    {
        var text = $"  \"detail\": \"{string.Join(' ', Enumerable.Repeat("word", 30))}\",";

        Assert.False(IsTooLong(text, isInCodeBlock: true));
        Assert.True(IsTooLong(text, isInCodeBlock: false));
        Assert.True(IsTooLong($"{{ \"status\": 400, {text} }}", isInCodeBlock: true));
    }

    private static IEnumerable<string> TooLongLines(string path)
    {
        var isInCodeBlock = false;
        foreach (var (index, line) in File.ReadLines(Repository.PathOf(path)).Index())
        {
            if (path.EndsWith(".md", StringComparison.Ordinal) && line.StartsWith("```", StringComparison.Ordinal))
            {
                isInCodeBlock = !isInCodeBlock;
            }

            if (IsTooLong(line, isInCodeBlock))
            {
                yield return $"{path}:{index + 1} has {line.Length} columns";
            }
        }
    }

    private static bool IsTooLong(string line, bool isInCodeBlock)
    {
        if (line.Length <= MaxColumns || TableRow().IsMatch(line))
        {
            return false;
        }

        var isUnbreakable = FirstWord().Match(line) is { } word && word.Index + word.Length > MaxColumns;
        var isJsonString = isInCodeBlock && JsonString().IsMatch(line);
        return !isUnbreakable && !isJsonString;
    }

    [GeneratedRegex(@"^\s*\|.*\|\s*$")]
    private static partial Regex TableRow();

    /// <summary>The first word after the indentation and the marker of a list or a comment.</summary>
    [GeneratedRegex(@"^\s*(//+ |[-*#>] )?\S+")]
    private static partial Regex FirstWord();

    [GeneratedRegex("""^\s*("[^"]*": )?"([^"\\]|\\.)*",?$""")]
    private static partial Regex JsonString();
}

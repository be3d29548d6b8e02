using System.Text.RegularExpressions;

namespace SoftmaxService.Benchmarks;

/// <summary>The layout of the Markdown files in <c>bench/results</c>.</summary>
internal static partial class Markdown
{
    private const int MaxColumns = 120;

    /// <summary>
    /// Wraps paragraphs and bulleted items at 120 columns. Headings, table rows, quotes and fenced code stay as they
    /// are.
    /// </summary>
    public static string Wrap(string text)
    {
        var lines = new List<string>();
        var paragraph = new List<string>();
        var isInCode = false;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var isFence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            if (isInCode || isFence || Unwrapped().IsMatch(line))
            {
                AddWrapped(paragraph, lines);
                lines.Add(line);
                isInCode ^= isFence;
                continue;
            }

            if (Item().IsMatch(line))
            {
                AddWrapped(paragraph, lines);
            }

            paragraph.Add(paragraph.Count == 0 ? line.TrimEnd() : line.Trim());
        }

        AddWrapped(paragraph, lines);
        return string.Join('\n', lines);
    }

    /// <summary>Moves a paragraph or an item to the lines, wrapped.</summary>
    private static void AddWrapped(List<string> paragraph, List<string> lines)
    {
        if (paragraph.Count == 0)
        {
            return;
        }

        var text = string.Join(' ', paragraph);
        var line = Prefix().Match(text).Value;
        var indent = new string(' ', line.Length);
        foreach (var word in Words().EnumerateMatches(text, line.Length))
        {
            var next = text.Substring(word.Index, word.Length);
            if (line.Length == indent.Length)
            {
                line += next;
            }
            else if (line.Length + 1 + next.Length <= MaxColumns)
            {
                line += $" {next}";
            }
            else
            {
                lines.Add(line);
                line = indent + next;
            }
        }

        lines.Add(line);
        paragraph.Clear();
    }

    /// <summary>A blank line, a heading, a table row or a quote.</summary>
    [GeneratedRegex(@"^\s*$|^\s*[#|>]")]
    private static partial Regex Unwrapped();

    [GeneratedRegex(@"^\s*[-*+] ")]
    private static partial Regex Item();

    /// <summary>The indentation, with the bullet of an item.</summary>
    [GeneratedRegex(@"^\s*([-*+] +)?")]
    private static partial Regex Prefix();

    /// <summary>A word, and those after it that would have a meaning of their own at the start of a line.</summary>
    [GeneratedRegex(@"\S+( +([-+*=]+|\d+[.)]|[#|>]\S*)(?= |$))*")]
    private static partial Regex Words();
}

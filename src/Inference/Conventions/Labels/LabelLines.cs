using System.Globalization;
using System.Text.RegularExpressions;

namespace SoftmaxService.Inference.Conventions.Labels;

/// <summary>
/// Names that are written a line, with or without numbers: Teachable Machine and PaddleClas write <c>0 cat</c>, Caffe's
/// synset_words.txt <c>n01440764 tench, Tinca tinca</c>, and tables <c>0,cat</c> or <c>cat,0</c>.
/// </summary>
internal static partial class LabelLines
{
    private static readonly string[] Headings =
    [
        "id", "idx", "index", "key", "number", "name", "names", "label", "labels", "class", "classes", "category",
        "class_id", "class_idx", "class_index", "class_name", "label_id", "label_name",
    ];

    private const string Digits = "0123456789";
    private const string Blanks = " \t";

    /// <param name="lines">The lines, none of them empty.</param>
    /// <param name="classCount">The number of classes, if the graph states it.</param>
    public static ClassNames Read(IReadOnlyList<string> lines, int? classCount)
    {
        var header = lines[0].Split([',', ';', '\t', ' '], StringSplitOptions.RemoveEmptyEntries);
        var isHeader = lines.Count > 1 && header.Length > 0
            && Array.TrueForAll(header, one => Headings.Contains(one, StringComparer.OrdinalIgnoreCase))
            && (classCount is { } count ? lines.Count == count + 1 : header.Length > 1);
        return ReadRows(isHeader ? [.. lines.Skip(1)] : lines);
    }

    private static ClassNames ReadRows(IReadOnlyList<string> lines)
    {
        var before = Numbered.Find(lines, NumberBefore);
        var after = Numbered.Find(lines, NumberAfter)
            ?? (Numbered.Find(lines, WordBeforeNumber) is { IsDistinct: true, Order: not null } words ? words : null);
        if ((before?.Order ?? after?.Order) is { } names)
        {
            return before?.Order is not null && after?.Order is { } others && !names.SequenceEqual(others)
                ? new ClassNames(
                    names,
                    "has two numbers in every line; the first is taken for that of the class, the second for its name")
                : new ClassNames(names);
        }

        if (before is { IsFromOne: true })
        {
            return new ClassNames(before.IsDistinct ? before.Names : lines);
        }

        if (after is { IsFromOne: true })
        {
            return new ClassNames(after.Names);
        }

        if (before is not null || after is not null)
        {
            return new ClassNames(
                lines,
                "has a number in every line, but they are not those of the classes, 0 to "
                + string.Create(
                    CultureInfo.InvariantCulture, $"{lines.Count - 1}; the names are in the order of the lines"));
        }

        var ids = lines.Select(line => SynsetName().Match(line)).ToArray();
        return new ClassNames(
            Array.TrueForAll(ids, match => match.Success) ? [.. ids.Select(match => match.Groups[1].Value)] : lines);
    }

    // By hand: an expression for these would take quadratic time for lines of many tabs.
    private static (string Name, int Number)? NumberBefore(string line)
    {
        var rest = line.AsSpan().TrimStart(Digits);
        var name = rest.TrimStart(Blanks);
        var hasSeparator = name is [',' or ';' or ':', ..];
        name = hasSeparator ? name[1..].TrimStart(Blanks) : name;
        return rest.Length < line.Length && name.Length > 0 && (hasSeparator || name.Length < rest.Length)
            ? (name.ToString(), NumberOf(line.AsSpan(0, line.Length - rest.Length)))
            : null;
    }

    private static (string Name, int Number)? NumberAfter(string line) =>
        Split(line) is ({ Length: > 0 } name, not (' ' or '\0'), var number) ? (name, number) : null;

    // Names may end in a number.
    private static (string Name, int Number)? WordBeforeNumber(string line) =>
        Split(line) is ({ Length: > 0 } name, not '\0', var number) ? (name, number) : null;

    /// <summary>What is in front of a number at the end, what separates it, and the number.</summary>
    private static (string Name, char Separator, int Number) Split(string line)
    {
        var rest = line.AsSpan().TrimEnd(Digits);
        var name = rest.TrimEnd(Blanks);
        var number = NumberOf(line.AsSpan(rest.Length));
        return rest.Length == line.Length ? ("", '\0', 0)
            : name is [.. var first, ',' or ';' or ':'] ? (first.TrimEnd(Blanks).ToString(), ',', number)
            : name.Length == rest.Length ? ("", '\0', 0)
            : (name.ToString(), rest[name.Length..].Contains('\t') ? '\t' : ' ', number);
    }

    private static int NumberOf(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    [GeneratedRegex(@"^n[0-9]{8}[ \t]+(\S.*)$")]
    private static partial Regex SynsetName();

    /// <summary>Lines that all have a number.</summary>
    private sealed record Numbered(IReadOnlyList<string> Names, IReadOnlyList<int> Numbers)
    {
        public bool IsDistinct => Names.Distinct(StringComparer.Ordinal).Count() == Names.Count;

        public bool IsFromOne => Numbers.SequenceEqual(Enumerable.Range(1, Numbers.Count));

        /// <summary>The names by their numbers; null where these are not 0 to the number of names.</summary>
        public IReadOnlyList<string>? Order => Numbers.Order().SequenceEqual(Enumerable.Range(0, Numbers.Count))
            ? [.. Names.Zip(Numbers).OrderBy(one => one.Second).Select(one => one.First)]
            : null;

        public static Numbered? Find(IReadOnlyList<string> lines, Func<string, (string Name, int Number)?> split)
        {
            var parts = lines.Select(split).OfType<(string Name, int Number)>().ToArray();
            return parts.Length == lines.Count
                ? new Numbered([.. parts.Select(part => part.Name)], [.. parts.Select(part => part.Number)])
                : null;
        }
    }
}

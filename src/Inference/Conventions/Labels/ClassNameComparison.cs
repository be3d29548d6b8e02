using System.Globalization;
using System.Text.RegularExpressions;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Conventions.Labels;

/// <summary>
/// Whether two lists of class names mean the same classes, although they may spell them differently: <c>Great_White</c>
/// is <c>great white</c>, and <c>tench</c> is <c>tench, Tinca tinca</c>, as ImageNet lists synonyms.
/// </summary>
internal static partial class ClassNameComparison
{
    /// <summary>
    /// What the two lists say about the first class that they name differently, and about how many they differ; null if
    /// they name the same classes. Names that are only numbers, or WordNet's ids, contradict no others.
    /// </summary>
    public static (string First, string Other, string Extent)? Difference(
        IReadOnlyList<string> first, IReadOnlyList<string> other)
    {
        var areNumbers = first.All(IsNumber);
        if (areNumbers != other.All(IsNumber) || first.All(LabelNames.IsSynset) != other.All(LabelNames.IsSynset))
        {
            return null;
        }

        if (first.Count != other.Count)
        {
            return (InWords($"{first.Count} classes"), InWords($"{other.Count}"), "");
        }

        var isLoose = AreDistinctWhenFolded(first) && AreDistinctWhenFolded(other);
        int[] different =
        [
            .. Enumerable.Range(0, first.Count).Where(index =>
                !IsSame(first[index], other[index], isLoose)
                && (areNumbers || !(IsNumberOf(index, first[index]) || IsNumberOf(index, other[index])))),
        ];
        return different is [var index, ..]
            ? (InWords($"class {index} is '{Quoting.Shorten(first[index])}'"),
                $"'{Quoting.Shorten(other[index])}'",
                InWords($"; {different.Length} of {first.Count} classes differ"))
            : null;
    }

    /// <summary>
    /// Whether nobody named the classes: they are called <c>LABEL_0</c> and so on, some perhaps by their numbers.
    /// </summary>
    public static bool AreUnnamed(IReadOnlyList<string> names) =>
        names.Index().All(one => IsNumberOf(one.Index, one.Item))
        && names.Any(name => name.StartsWith("LABEL_", StringComparison.Ordinal));

    private static string InWords(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static bool IsNumber(string name) => Number().IsMatch(name);

    private static bool IsNumberOf(int index, string name) =>
        Number().Match(name) is { Success: true } match
        && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number == index;

    /// <summary>Whether the case and the blanks tell no classes apart, as they do for letters: A is not a.</summary>
    private static bool AreDistinctWhenFolded(IReadOnlyList<string> names) =>
        names.Select(Folded).Distinct(StringComparer.Ordinal).Count()
        == names.Distinct(StringComparer.Ordinal).Count();

    private static bool IsSame(string first, string other, bool isLoose)
    {
        if (!isLoose)
        {
            return first.Trim() == other.Trim();
        }

        if (first.Contains(',') != other.Contains(','))
        {
            (first, other) = (first.Split(',')[0], other.Split(',')[0]);
        }

        return Folded(first) == Folded(other);
    }

    private static string Folded(string name)
    {
        var folded = string.Concat(name.Where(letter => !char.IsWhiteSpace(letter) && letter is not ('_' or '-')));
        return (folded.Length == 0 ? name.Trim() : folded).ToUpperInvariant();
    }

    [GeneratedRegex(@"^\s*(?:LABEL_|class[ _]?)?([0-9]+)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Number();
}

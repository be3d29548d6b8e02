using System.Text;
using System.Text.RegularExpressions;

namespace SoftmaxService.Api.Tests.Documentation;

/// <summary>The README stays one page, and its figures are the measured ones.</summary>
public sealed partial class ReadMeTests
{
    private const int MaxBytes = 8 * 1024;
    private const int MaxLines = 150;

    private static readonly string Text = Repository.ReadText(Documents.ReadMe);

    [Fact]
    public void ItIsOnePage()
    {
        Assert.InRange(Encoding.UTF8.GetByteCount(Text), 1, MaxBytes);
        Assert.InRange(Text.Split('\n').Length, 1, MaxLines);
    }

    [Fact]
    public void TheSpeedTableWasMeasured()
    {
        var section = Section("How fast it is");
        var results = Repository.ReadText("bench/results/http.md");
        var missed = results.Split("| **falls short** |\n").Length - 1;
        var met = results.Split("| pass |\n").Length - 1;

        AssertFiguresAppearIn(section, results);
        Assert.Contains($"{missed} of {missed + met} are missed", section, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTableOfOperationsWasMeasured()
    {
        var operations = Repository.ReadText("docs/operations.md");
        var results = Repository.ReadText("bench/results/http.md");
        var start = operations.IndexOf("## What a request costs", StringComparison.Ordinal);
        var section = operations[start..operations.IndexOf("\n## ", start + 1, StringComparison.Ordinal)];

        // No table has the sum of the unavoidable parts; each part is in one.
        var sum = 0m;
        foreach (Match part in Part().Matches(section))
        {
            sum += decimal.Parse(part.Groups["figure"].Value, System.Globalization.CultureInfo.InvariantCulture);
        }

        AssertFiguresAppearIn(section, $"{results} {sum}");
    }

    [Fact]
    public void TheFiguresOfTheModelsAreThoseOfTheirCards()
    {
        var rows = Section("Why trust the numbers").Split('\n')
            .Where(line => line.Contains(" %", StringComparison.Ordinal));

        AssertFiguresAppearIn(string.Join('\n', rows), Repository.ReadText("models/README.md"));
    }

    private static string Section(string heading)
    {
        var start = Text.IndexOf($"## {heading}\n", StringComparison.Ordinal);
        return Text[start..Text.IndexOf("\n## ", start + 1, StringComparison.Ordinal)];
    }

    /// <summary>Checks every number with a decimal point in the section's table.</summary>
    private static void AssertFiguresAppearIn(string section, string measured)
    {
        var figures = Row().Matches(section).SelectMany(row => Figure().Matches(row.Value))
            .Select(figure => figure.Value).ToArray();

        Assert.NotEmpty(figures);
        Assert.All(figures, figure => Assert.Contains(figure, measured, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\|.*$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\d+\.\d+( %)?")]
    private static partial Regex Figure();

    [GeneratedRegex(@"\((?<figure>\d+\.\d+)\)")]
    private static partial Regex Part();
}

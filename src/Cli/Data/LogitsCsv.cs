using System.Globalization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Cli.Data;

/// <summary>
/// A comma-separated file of logits: one line per image, one number per class, and the image's class in the column that
/// a heading calls <c>label</c>, else in the last. The heading may be absent; if present, it names the classes.
/// </summary>
internal static class LogitsCsv
{
    private const string LabelHeading = "label";

    public static bool IsNamed(string path) => path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);

    /// <param name="path">The file.</param>
    /// <param name="classNames">The model's classes; null to take the heading's, else numbers.</param>
    /// <param name="skip">Lines of logits to pass over.</param>
    /// <param name="limit">The most lines to read.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="DataException">A line is not what it should be; the message has its number.</exception>
    public static ScoredSet Read(
        string path,
        IReadOnlyList<string>? classNames,
        int skip,
        int limit,
        CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(DataFile.OpenRead(path));
        var table = new Table(path, classNames);
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            cancellationToken.ThrowIfCancellationRequested();
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                table.Add(number, line, skip, limit);
            }
            else if (reader.Peek() >= 0)
            {
                throw new DataException($"{path}: line {number} is empty.");
            }
        }

        return table.ToScoredSet();
    }

    private sealed class Table(string path, IReadOnlyList<string>? classNames)
    {
        private readonly List<float> _logits = [];
        private readonly List<int> _labels = [];
        private readonly List<int> _lines = [];
        private Labels? _names;
        private IReadOnlyList<string> _classes = [];
        private int _columns;
        private int _labelColumn;
        private int _seen;

        public void Add(int number, string line, int skip, int limit)
        {
            var cells = line.Split(',', StringSplitOptions.TrimEntries);
            if (_names is null && ReadFirst(cells, number))
            {
                return;
            }

            if (_seen++ < skip || _labels.Count >= limit)
            {
                return;
            }

            if (cells.Length != _columns)
            {
                throw new DataException($"{path}: line {number} has {cells.Length} cells; the first has {_columns}.");
            }

            for (var column = 0; column < cells.Length; column++)
            {
                if (column == _labelColumn)
                {
                    _labels.Add(ReadLabel(cells[column], number));
                }
                else
                {
                    _logits.Add(ReadLogit(cells[column], number, column));
                }
            }

            _lines.Add(number);
        }

        public ScoredSet ToScoredSet() =>
            _labels.Count > 0
                ? new ScoredSet(Path.GetFileName(path), _classes, [.. _logits], [.. _labels])
                {
                    Sources = [.. _lines.Select(line => $"line {line}")],
                }
                : throw new DataException(
                    $"{path}: there are no logits in "
                        + $"it{(_seen > 0 ? $" after the {_seen} lines that were skipped" : "")}.");

        /// <returns>Whether the line was a heading.</returns>
        private bool ReadFirst(string[] cells, int number)
        {
            if (cells.Length < 3)
            {
                throw new DataException(
                    $"{path}: line {number} has {cells.Length} cell(s); a line holds at least two logits and a label, "
                        + "with commas between.");
            }

            // A label may be a name without making its line a heading; a heading is a line in which no cell is a
            // number, or one that says "label".
            var unquoted = cells.Select(cell => cell.Trim('"')).ToArray();
            var labelColumn = Array.FindIndex(
                unquoted,
                cell => cell.Equals(LabelHeading, StringComparison.OrdinalIgnoreCase));
            var isHeading = labelColumn >= 0 || !cells.Any(cell => TryParse(cell, out _));
            _columns = cells.Length;
            _labelColumn = labelColumn >= 0 ? labelColumn : cells.Length - 1;
            var headings = unquoted.Where((_, column) => column != _labelColumn).ToArray();
            _classes =
                classNames
                ?? (
                    isHeading
                        ? headings
                        :
                        [
                            .. Enumerable
                                .Range(0, cells.Length - 1)
                                .Select(index => index.ToString(CultureInfo.InvariantCulture)),
                        ]);
            _names = Labels.Of(_classes);
            return _classes.Count == cells.Length - 1
                ? isHeading
                : throw new DataException(
                    $"{path}: line {number} has {cells.Length - 1} logits; the model has {_classes.Count} classes.");
        }

        private int ReadLabel(string cell, int number) =>
            (cell, _names!.Find(cell.Trim('"'))) switch // the first line set it
            {
                ("", _) => throw new DataException($"{path}: line {number} has no label."),
                (_, < 0) => throw new DataException(
                    $"{path}: line {number}: '{Quoting.Shorten(cell)}' is not a class; there are {_names}."),
                var (_, label) => label,
            };

        private float ReadLogit(string cell, int number, int column)
        {
            if (cell.Length == 0)
            {
                throw new DataException($"{path}: line {number}, column {column + 1} is empty.");
            }

            return TryParse(cell, out var logit) && float.IsFinite(logit)
                ? logit
                : throw new DataException(
                    $"{path}: line {number}, column {column + 1}: '{Quoting.Shorten(cell)}' is not a finite number.");
        }

        private static bool TryParse(string cell, out float number) =>
            float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }
}

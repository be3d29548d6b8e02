using System.Globalization;
using ScottPlot;

namespace SoftmaxService.Cli.Plots;

/// <summary>
/// The confusion matrix: one row per true class, one column per predicted class, counts in the cells. Right answers are
/// blue, wrong ones orange.
/// </summary>
internal static class ConfusionFigure
{
    /// <summary>With more classes than this, cells are no longer to be told apart and none is drawn.</summary>
    public const int MostClasses = 100;

    private const int MostWithNumbers = 25;
    private const int LongestLabel = 14;

    public static Figure Draw(string title, IReadOnlyList<int[]> counts, IReadOnlyList<string> classNames)
    {
        var classes = classNames.Count;
        var plot = PlotFont.NewPlot();
        var mostWrong = 1;
        for (var truth = 0; truth < classes; truth++)
        {
            for (var predicted = 0; predicted < classes; predicted++)
            {
                mostWrong = truth == predicted ? mostWrong : Math.Max(mostWrong, counts[truth][predicted]);
            }
        }

        var fontSize = classes <= 12 ? 13 : 9;
        for (var truth = 0; truth < classes; truth++)
        {
            var inRow = Enumerable.Range(0, classes).Sum(predicted => counts[truth][predicted]);
            for (var predicted = 0; predicted < classes; predicted++)
            {
                if (counts[truth][predicted] is var count and > 0)
                {
                    // Rows run downward, as matrices are written.
                    var isRight = truth == predicted;
                    var strength = isRight ? 0.15 + (0.6 * count / inRow) : 0.15 + (0.7 * count / mostWrong);
                    DrawCell(
                        plot,
                        predicted,
                        classes - 1 - truth,
                        (isRight ? Palette.Blue : Palette.Orange).Tint(strength),
                        classes <= MostWithNumbers ? count : null,
                        fontSize,
                        isRight && strength > 0.6);
                }
            }
        }

        var outline = plot.Add.Rectangle(-0.5, classes - 0.5, -0.5, classes - 0.5);
        outline.FillColor = Colors.Transparent;
        outline.LineColor = Palette.Ink;
        outline.LineWidth = 1;

        var labels = classNames
            .Select((name, index) => Shorten(PlotFont.Drawable(name, index.ToString(CultureInfo.InvariantCulture))))
            .ToArray();
        var longest = labels.Max(label => label.Length);
        plot.Title(title, size: 12);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel("predicted class", size: 13);
        plot.YLabel("true class", size: 13);
        plot.Axes.Bottom.TickGenerator = Ticks(labels, index => index);
        plot.Axes.Left.TickGenerator = Ticks(labels, index => classes - 1 - index);
        plot.Axes.Bottom.MajorTickStyle.Length = 0;
        plot.Axes.Left.MajorTickStyle.Length = 0;
        if (longest > 4)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = -45;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
            plot.Axes.Bottom.TickLabelStyle.OffsetY = 8;
        }

        plot.HideGrid();
        plot.Axes.SetLimits(-0.5, classes - 0.5, -0.5, classes - 0.5);
        var (left, bottom) = (44 + (8 * longest), longest > 4 ? 46 + (6 * longest) : 56);
        plot.Axes.Bottom.MinimumSize = bottom;
        plot.Layout.Fixed(new PixelPadding(left, right: 20, bottom, top: 54));
        var side = Math.Clamp(46 * classes, 320, 900);
        return new Figure(
            "confusion",
            title,
            left + side + 20,
            54 + side + bottom,
            [(plot, new PixelRect(0, left + side + 20, 54 + side + bottom, 0))]);
    }

    private static void DrawCell(Plot plot, int x, int y, Color color, int? count, int fontSize, bool isDark)
    {
        var cell = plot.Add.Rectangle(x - 0.5, x + 0.5, y - 0.5, y + 0.5);
        cell.FillColor = color;
        cell.LineWidth = 0;
        if (count is { } number)
        {
            var text = plot.Add.Text(number.ToString(CultureInfo.InvariantCulture), x, y);
            text.LabelFontName = PlotFont.Family;
            text.LabelFontSize = fontSize;
            text.LabelFontColor = isDark ? Colors.White : Palette.Ink;
            text.LabelAlignment = Alignment.MiddleCenter;
            text.LabelStyle.OffsetY = PlotFont.CentreOffset;
        }
    }

    private static string Shorten(string label) =>
        label.Length <= LongestLabel ? label : $"{label[..(LongestLabel - 1)]}…";

    private static ScottPlot.TickGenerators.NumericManual Ticks(string[] labels, Func<int, int> position)
    {
        var ticks = new ScottPlot.TickGenerators.NumericManual();
        var step = (labels.Length + MostWithNumbers - 1) / MostWithNumbers;
        for (var index = 0; index < labels.Length; index += step)
        {
            ticks.AddMajor(position(index), labels[index]);
        }

        return ticks;
    }
}

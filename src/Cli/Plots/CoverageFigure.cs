using System.Globalization;
using ScottPlot;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Cli.Plots;

/// <summary>
/// Coverage against set size: what coverage costs in classes per set, and whether large sets cover as well as small
/// ones.
/// </summary>
internal static class CoverageFigure
{
    private const int PanelWidth = 460;
    private const int Height = 400;

    private static readonly Color[] Colors =
    [
        Palette.Blue,
        Palette.Orange,
        Palette.Green,
        Palette.Vermillion,
        Palette.SkyBlue,
    ];
    private static readonly MarkerShape[] Shapes =
    [
        MarkerShape.FilledCircle,
        MarkerShape.FilledSquare,
        MarkerShape.FilledTriangleUp,
        MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown,
    ];
    private static readonly PixelPadding Padding = new(left: 78, right: 18, bottom: 52, top: 54);

    public static Figure Draw(
        string title,
        IReadOnlyList<PredictionSetEvaluation> curve,
        IReadOnlyList<PredictionSetEvaluation> sets) =>
        new(
            "coverage",
            title,
            2 * PanelWidth,
            Height,
            [
                (DrawCurve(curve, sets), new PixelRect(0, PanelWidth, Height, 0)),
                (DrawBySize(sets), new PixelRect(PanelWidth, 2 * PanelWidth, Height, 0)),
            ]);

    private static Plot DrawCurve(
        IReadOnlyList<PredictionSetEvaluation> curve,
        IReadOnlyList<PredictionSetEvaluation> sets)
    {
        var plot = PlotFont.NewPlot();
        if (curve.Count > 0)
        {
            var line = plot.Add.ScatterLine(
                curve.Select(set => set.MeanSize).ToArray(),
                curve.Select(set => set.Coverage).ToArray(),
                Palette.Ink);
            line.LineWidth = 1.5f;
            line.LegendText = "other α";
        }

        foreach (var (index, set) in sets.Index())
        {
            var promised = plot.Add.HorizontalLine(1 - set.Alpha, 1, Colors[index % Colors.Length], LinePattern.Dashed);
            promised.ExcludeFromLegend = true;
            var marker = plot.Add.Marker(
                set.MeanSize,
                set.Coverage,
                Shapes[index % Shapes.Length],
                11,
                Colors[index % Colors.Length]);
            marker.LegendText = string.Create(CultureInfo.InvariantCulture, $"α = {set.Alpha}");
        }

        var lowest = Math.Min(sets.Min(set => set.Coverage), 1 - sets.Max(set => set.Alpha));
        var widest = sets.Max(set => set.MeanSize);
        var bottom = Math.Max(0, lowest - (0.6 * (1 - lowest)) - 0.01);
        var left = Math.Max(0, sets.Min(set => set.MeanSize) - 0.25);
        Finish(
            plot,
            $"Coverage against mean set size ({Names.Of(sets[0].Method).ToUpperInvariant()})\ndashed: the requested "
                + "coverage, 1 − α",
            "mean set size, classes",
            "coverage");
        plot.Axes.SetLimits(left, Math.Max(widest * 1.1, left + 0.5), bottom, 1.004);
        plot.ShowLegend(Alignment.LowerRight);
        return plot;
    }

    private static Plot DrawBySize(IReadOnlyList<PredictionSetEvaluation> sets)
    {
        var plot = PlotFont.NewPlot();
        var sizes = sets.SelectMany(set => set.Sizes).Select(group => group.Size).Distinct().Order().ToArray();
        var places = sizes.Index().ToDictionary(size => size.Item, size => size.Index);
        var width = 0.8 / sets.Count;
        foreach (var (index, set) in sets.Index())
        {
            var offset = ((index + 0.5) * width) - 0.4;
            foreach (var group in set.Sizes)
            {
                var x = places[group.Size] + offset;
                var bar = plot.Add.Rectangle(x - (width / 2), x + (width / 2), 0, group.Coverage);
                bar.FillColor = Colors[index % Colors.Length].WithAlpha(0.75);
                bar.LineColor = Palette.Ink;
                bar.LineWidth = 0.5f;
                var count = plot.Add.Text(
                    group.Count.ToString("N0", CultureInfo.InvariantCulture),
                    x,
                    group.Coverage + 0.012);
                count.LabelFontName = PlotFont.Family;
                count.LabelFontSize = 10;
                count.LabelFontColor = Palette.Ink;
                count.LabelRotation = -90;
                count.LabelAlignment = Alignment.MiddleLeft;
            }
        }

        Finish(plot, "Coverage by set size\nnumbers: images with a set of that size", "set size, classes", "coverage");
        var ticks = new ScottPlot.TickGenerators.NumericManual();
        foreach (var (index, size) in sizes.Index())
        {
            ticks.AddMajor(index, size.ToString(CultureInfo.InvariantCulture));
        }

        plot.Axes.Bottom.TickGenerator = ticks;
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [0, 0.2, 0.4, 0.6, 0.8, 1],
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);

        // Room above for the counts and the legend.
        plot.Axes.SetLimits(-0.6, Math.Max(sizes.Length, 1) - 0.4, 0, 1.36);
        plot.ShowLegend(
            sets.Index().Select(set => new LegendItem
            {
                LabelText = string.Create(CultureInfo.InvariantCulture, $"α = {set.Item.Alpha}"),
                FillColor = Colors[set.Index % Colors.Length].WithAlpha(0.75),
            }),
            Alignment.UpperCenter);
        plot.Legend.Orientation = Orientation.Horizontal;
        return plot;
    }

    private static void Finish(Plot plot, string title, string x, string y)
    {
        plot.Title(title, size: 14);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel(x, size: 13);
        plot.YLabel(y, size: 13);
        plot.Layout.Fixed(Padding);
    }
}

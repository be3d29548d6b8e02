using System.Globalization;
using ScottPlot;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Cli.Plots;

/// <summary>
/// Reliability diagrams, each above the histogram of its confidences: bars of the accuracy in each bin, a mark at the
/// bin's mean confidence, and the diagonal on which both are the same. Guo et al., "On Calibration of Modern Neural
/// Networks", 2017, figure 4.
/// </summary>
internal static class ReliabilityFigure
{
    private const int PanelWidth = 460;
    private const int DiagramHeight = 380;
    private const int HistogramHeight = 200;

    // Room for tick labels up to six digits; equal in both plots, so that their axes stand above each other.
    private static readonly PixelPadding DiagramPadding = new(left: 78, right: 14, bottom: 46, top: 54);
    private static readonly PixelPadding HistogramPadding = new(left: 78, right: 14, bottom: 50, top: 10);

    /// <summary>One of the diagrams.</summary>
    /// <param name="Title">What is plotted, such as <c>before, T = 1</c>.</param>
    /// <param name="Bins">From low to high confidence.</param>
    /// <param name="Ece">The expected calibration error of these bins.</param>
    internal sealed record Diagram(string Title, IReadOnlyList<ReliabilityBin> Bins, double Ece);

    public static Figure Draw(string title, params IReadOnlyList<Diagram> diagrams)
    {
        var highest = diagrams.Max(diagram => diagram.Bins.Max(bin => bin.Count));
        var panels = diagrams.SelectMany(
            (diagram, column) =>
                new[]
                {
                    (DrawDiagram(diagram), Place(column, 0, DiagramHeight)),
                    (DrawHistogram(diagram, highest), Place(column, DiagramHeight, HistogramHeight)),
                });
        return new Figure(
            "reliability",
            title,
            PanelWidth * diagrams.Count,
            DiagramHeight + HistogramHeight,
            [.. panels]);
    }

    private static PixelRect Place(int column, int top, int height) =>
        new(left: column * PanelWidth, right: (column + 1) * PanelWidth, bottom: top + height, top: top);

    private static Plot DrawDiagram(Diagram diagram)
    {
        var plot = PlotFont.NewPlot();
        foreach (var bin in diagram.Bins.Where(bin => bin.Count > 0))
        {
            var bar = plot.Add.Rectangle(bin.Lower, bin.Upper, 0, bin.Accuracy);
            bar.FillColor = Palette.SkyBlue;
            bar.LineColor = Palette.Blue;
            bar.LineWidth = 1;
        }

        var diagonal = plot.Add.Line(0, 0, 1, 1);
        diagonal.LineColor = Palette.Ink;
        diagonal.LinePattern = LinePattern.Dashed;
        diagonal.LineWidth = 1.5f;
        diagonal.LegendText = "accuracy = confidence";

        var filled = diagram.Bins.Where(bin => bin.Count > 0).ToArray();
        foreach (var bin in filled)
        {
            // The gap itself: from the accuracy to the mean confidence, which the calibration error averages.
            var gap = plot.Add.Line(bin.Confidence, bin.Accuracy, bin.Confidence, bin.Confidence);
            gap.LineColor = Palette.Vermillion;
            gap.LineWidth = 2;
        }

        var means = plot.Add.Markers(
            filled.Select(bin => bin.Confidence).ToArray(),
            filled.Select(bin => bin.Confidence).ToArray(),
            MarkerShape.FilledDiamond,
            8,
            Palette.Vermillion);
        means.LegendText = "mean confidence of a bin";

        plot.Title(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{diagram.Title}\nECE {100 * diagram.Ece:F2} %, {diagram.Bins.Sum(bin => bin.Count)} images"),
            size: 14);
        plot.Axes.Title.Label.Bold = false;
        plot.YLabel("accuracy", size: 13);
        plot.XLabel("confidence", size: 13);

        // Room above for the legend, which would hide bars anywhere else.
        plot.Axes.SetLimits(0, 1.015, 0, 1.22);
        SetShareTicks(plot.Axes.Bottom);
        SetShareTicks(plot.Axes.Left);
        plot.ShowLegend(Alignment.UpperLeft);
        plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.BackgroundColor = Colors.Transparent;
        plot.Layout.Fixed(DiagramPadding);
        return plot;
    }

    private static Plot DrawHistogram(Diagram diagram, int highest)
    {
        var plot = PlotFont.NewPlot();
        foreach (var bin in diagram.Bins.Where(bin => bin.Count > 0))
        {
            // On a scale of powers of ten, or a well-trained model's last bin hides all others; a bar of one image
            // still shows.
            var bar = plot.Add.Rectangle(bin.Lower, bin.Upper, LogCounts.Floor, LogCounts.Height(bin.Count));
            bar.FillColor = Palette.Green;
            bar.LineColor = Palette.Ink;
            bar.LineWidth = 0.5f;
        }

        plot.YLabel("images (log scale)", size: 13);
        plot.XLabel("confidence", size: 13);
        plot.Axes.SetLimits(0, 1.015, LogCounts.Floor, LogCounts.Height(highest) + 0.25);
        SetShareTicks(plot.Axes.Bottom);
        LogCounts.SetTicks(plot.Axes.Left, highest);
        plot.Layout.Fixed(HistogramPadding);
        return plot;
    }

    private static void SetShareTicks(IAxis axis)
    {
        var ticks = new ScottPlot.TickGenerators.NumericManual();
        for (var tenth = 0; tenth <= 10; tenth += 2)
        {
            ticks.AddMajor(tenth / 10.0, (tenth / 10.0).ToString("0.0", CultureInfo.InvariantCulture));
        }

        axis.TickGenerator = ticks;
    }
}

using System.Globalization;
using System.Text;
using System.Xml.Linq;
using SoftmaxService.Cli.Evaluations;
using SoftmaxService.Cli.Plots;

namespace SoftmaxService.Cli.Reports;

/// <summary>One page that holds all: tables, drawings and pictures, nothing from another host. Well-formed as XML, so that programs read it too.</summary>
internal static class HtmlReport
{
    private const int MostClassesInTable = 100;

    private const string Style = """
        body { font: 15px/1.5 "DejaVu Sans", Verdana, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
        table { border-collapse: collapse; margin: .6rem 0; } th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #ddd; }
        th:first-child, td:first-child { text-align: left; } th { border-bottom: 2px solid #222; font-weight: 600; }
        figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; } p.note, figcaption { color: #555; font-size: .9rem; }
        .mistakes { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; } .mistakes li { list-style: none; width: 8.5rem; font-size: .85rem; overflow-wrap: anywhere; }
        .mistakes img { width: 96px; height: 96px; object-fit: contain; image-rendering: pixelated; border: 1px solid #ddd; display: block; }
        """;

    public static string Write(Evaluation evaluation, IReadOnlyList<Figure> figures)
    {
        var title = evaluation.Model is null ? evaluation.Dataset : $"{evaluation.Model} on {evaluation.Dataset}";
        var page = new XElement(
            "html",
            new XAttribute("lang", "en"),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("title", $"Calibration of {title}"),
                new XElement("style", Style)),
            new XElement(
                "body",
                new XElement("h1", $"Calibration of {title}"),
                new XElement("p", string.Create(CultureInfo.InvariantCulture, $"{evaluation.Count} images, {evaluation.Labels.Count} classes. Written by softmax, the command line of SoftmaxService.")),
                Metrics(evaluation),
                DrawingOf("reliability", figures, "Reliability", $"Blue: the share of right answers among the images of a bin. Red: from there to the bin's mean confidence; the expected calibration error is the mean length of these lines, weighted by the images of each bin, of which there are {evaluation.Bins}. Below: how many images each bin has, on a scale of powers of ten."),
                DrawingOf("confusion", figures, "Confusion matrix", "Images of each true class (row) by predicted class (column). Blue: right. Orange: wrong."),
                Classes(evaluation),
                DrawingOf("coverage", figures, "Prediction sets", "Left: what coverage costs in classes a set, measured on these images. Right: the coverage of sets of each size."),
                Conformal(evaluation),
                OutOfDistribution(evaluation),
                Mistakes(evaluation),
                Slowest(evaluation)));
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    private static XElement[] Metrics(Evaluation evaluation)
    {
        Measurement[] columns = evaluation.After is { } after ? [evaluation.Before, after] : [evaluation.Before];
        var rows = evaluation.Before.Metrics.Index().Select(metric =>
            Row([metric.Item.Name, .. columns.Select(column => EvaluationText.WithInterval(column.Metrics.ElementAt(metric.Index).Value, metric.Item.IsShare))]));
        return
        [
            new XElement("h2", "Metrics"),
            Table(["", .. columns.Select(EvaluationText.Describe)], rows),
            Note($"In brackets: bootstrap intervals of 95 %. ECE and MCE: {evaluation.Bins} bins of equal width; adaptive ECE: as many of equal mass."),
        ];
    }

    private static XElement[] DrawingOf(string name, IReadOnlyList<Figure> figures, string heading, string caption) =>
        figures.FirstOrDefault(figure => figure.Name == name) is { } figure
            ? [new XElement("h2", heading), new XElement("figure", XElement.Parse(figure.ToSvg()), new XElement("figcaption", caption))]
            : [];

    private static XElement[] Classes(Evaluation evaluation)
    {
        if (evaluation.Labels.Count > MostClassesInTable)
        {
            return [Note($"With {evaluation.Labels.Count} classes, the matrix and the table of classes are left out.")];
        }

        var rows = evaluation.Labels.Select((label, index) =>
        {
            var images = evaluation.Confusion[index].Sum();
            var predicted = evaluation.Confusion.Sum(row => row[index]);
            var right = evaluation.Confusion[index][index];
            return Row([label, $"{images}", $"{predicted}", $"{right}", Share(right, images), Share(right, predicted)]);
        });
        return [new XElement("h2", "Classes"), Table(["class", "images", "predicted", "right", "found (recall)", "trusted (precision)"], rows)];
    }

    private static XElement[] Conformal(Evaluation evaluation) => evaluation.Conformal is { } conformal
        ?
        [
            Table(
                ["α", "quantile", "asked for", "coverage", "mean set size"],
                conformal.Select(set => Row(
                [
                    EvaluationText.Number(set.Alpha, "G"),
                    EvaluationText.Number(set.Quantile, "F4"),
                    EvaluationText.Percent(1 - set.Alpha),
                    EvaluationText.Percent(set.Coverage),
                    EvaluationText.Number(set.MeanSetSize, "F3"),
                ]))),
        ]
        : [];

    private static XElement[] OutOfDistribution(Evaluation evaluation) => evaluation.OutOfDistribution is { } others
        ?
        [
            new XElement("h2", "Out of distribution"),
            Table(
                ["data", "images", "AUROC of the energy", "above the threshold"],
                others.Select(other => Row(
                [
                    other.Name,
                    $"{other.Count}",
                    EvaluationText.Number(other.Auroc, "F4"),
                    other.RejectedShare is { } share ? EvaluationText.Percent(share) : "–",
                ]))),
            Note("AUROC: the probability that such an image has a higher energy than one of the evaluated data; 0.5 is chance, 1 is perfect."),
        ]
        : [];

    private static XElement[] Mistakes(Evaluation evaluation) => evaluation.MostConfidentMistakes.Count == 0
        ? []
        :
        [
            new XElement("h2", "Most confident mistakes"),
            new XElement("ul", new XAttribute("class", "mistakes"), evaluation.MostConfidentMistakes.Select(mistake => new XElement(
                "li",
                mistake.Encoded is { } encoded && Thumbnail.ToDataUri(encoded) is { } address
                    ? new XElement("img", new XAttribute("src", address), new XAttribute("alt", mistake.Source))
                    : null,
                $"{mistake.Label} taken for {mistake.Predicted}, {EvaluationText.Percent(mistake.Confidence)}",
                new XElement("br"),
                mistake.Source))),
        ];

    private static XElement[] Slowest(Evaluation evaluation) => evaluation.SlowestImages is { Count: > 0 } slowest
        ?
        [
            new XElement("h2", "Slowest images"),
            Table(["image", "milliseconds"], slowest.Select(image => Row([image.Source, EvaluationText.Number(image.Milliseconds, "F2")]))),
            Note($"From the image's bytes to its answer, on one core; the median is {EvaluationText.Number(evaluation.MedianMilliseconds ?? 0, "F2")} ms."),
        ]
        : [];

    private static XElement Table(IEnumerable<string> headings, IEnumerable<XElement> rows) => new(
        "table",
        new XElement("thead", new XElement("tr", headings.Select(heading => new XElement("th", heading)))),
        new XElement("tbody", rows));

    private static XElement Row(IEnumerable<string> cells) => new("tr", cells.Select(cell => new XElement("td", WithoutControls(cell))));

    private static XElement Note(string text) => new("p", new XAttribute("class", "note"), text);

    private static string Share(int part, int whole) => whole == 0 ? "–" : EvaluationText.Percent(part / (double)whole);

    // A file's name may hold what XML may not.
    private static string WithoutControls(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            clean.Append(System.Xml.XmlConvert.IsXmlChar(character) ? character : '\uFFFD');
        }

        return clean.ToString();
    }
}

using System.Globalization;
using System.Text;
using System.Xml.Linq;
using SoftmaxService.Cli.Evaluations;

namespace SoftmaxService.Cli.Reports;

/// <summary>
/// One page that holds all: tables, drawings and pictures, nothing from another host. Well-formed as XML, so that
/// programs read it too.
/// </summary>
internal static class HtmlReport
{
    private const int MostClassesInTable = 100;

    private const string Style = """
        body {
          font: 15px/1.5 "DejaVu Sans", Verdana, sans-serif;
          color: #222;
          background: #fff;
          max-width: 60rem;
          margin: 2rem auto;
          padding: 0 1rem;
        }
        h1 { font-size: 1.5rem; }
        h2 { font-size: 1.15rem; margin-top: 2.2rem; }
        table { border-collapse: collapse; margin: .6rem 0; }
        th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #ddd; }
        th:first-child, td:first-child { text-align: left; }
        th { border-bottom: 2px solid #222; font-weight: 600; }
        figure { margin: 1rem 0; }
        figure svg { max-width: 100%; height: auto; }
        p.note, figcaption { color: #555; font-size: .9rem; }
        .mistakes { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; }
        .mistakes li { list-style: none; width: 8.5rem; font-size: .85rem; overflow-wrap: anywhere; }
        .mistakes img {
          width: 96px;
          height: 96px;
          object-fit: contain;
          image-rendering: pixelated;
          border: 1px solid #ddd;
          display: block;
        }
        """;

    public static string Write(Findings findings, IReadOnlyList<(string Name, string Svg)> drawings)
    {
        var title = WithoutControls(FindingsFigures.TitleOf(findings));
        var page = new XElement(
            "html",
            new XAttribute("lang", "en"),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement(
                    "meta",
                    new XAttribute("name", "viewport"),
                    new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("title", $"Calibration of {title}"),
                new XElement("style", Style)),
            new XElement(
                "body",
                new XElement("h1", $"Calibration of {title}"),
                new XElement(
                    "p",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{findings.Count} images, {findings.Labels.Count} classes. Written by softmax, the command "
                            + $"line of SoftmaxService.")),
                Warnings(findings),
                Metrics(findings),
                DrawingOf(
                    "reliability",
                    drawings,
                    "Reliability",
                    "Blue: the share of right answers among the images of a bin. Red: from there to the bin's mean "
                        + "confidence; the expected calibration error is the mean length of these lines, weighted by "
                        + $"the images of each bin, of which there are {findings.Bins}. Below: how many images each "
                        + "bin has, on a scale of powers of ten."),
                DrawingOf(
                    "confusion",
                    drawings,
                    "Confusion matrix",
                    "Images of each true class (row) by predicted class (column). Blue: right. Orange: wrong."),
                Classes(findings),
                DrawingOf(
                    "coverage",
                    drawings,
                    "Prediction sets",
                    "Left: what coverage costs in classes per set, measured on these images. Right: the coverage of "
                        + "sets of each size."),
                PredictionSets(findings),
                OutOfDistribution(findings),
                Mistakes(findings),
                Slowest(findings)));
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    private static XElement[] Warnings(Findings findings) =>
        findings.Warnings is { Count: > 0 } warnings
            ?
            [
                new XElement("h2", "To be known first"),
                new XElement(
                    "ul",
                    new XAttribute("class", "warnings"),
                    warnings.Select(warning => new XElement("li", WithoutControls(warning)))),
            ]
            : [];

    private static XElement[] Metrics(Findings findings) =>
        [
            new XElement("h2", "Metrics"),
            Table(
                ["", .. findings.Columns.Select(column => column.Name)],
                Numbers.MetricRows([.. findings.Columns.Select(column => column.Evaluation)]).Select(Row)),
            Note(
                $"In brackets: bootstrap intervals of 95 %. ECE and MCE: {findings.Bins} bins of equal width; adaptive "
                    + "ECE: as many of equal mass."
                    + (
                        findings.TemperatureInterval is { } interval
                            ? $" The fitted temperature is {Numbers.Of(findings.Temperature, "0.####")}"
                                + $"{Numbers.Brackets(interval, isShare: false)}."
                            : "")),
        ];

    private static XElement[] DrawingOf(
        string name,
        IReadOnlyList<(string Name, string Svg)> drawings,
        string heading,
        string caption) =>
        drawings.FirstOrDefault(drawing => drawing.Name == name).Svg is { } svg
            ?
            [
                new XElement("h2", heading),
                new XElement("figure", XElement.Parse(svg), new XElement("figcaption", caption)),
            ]
            : [];

    private static XElement[] Classes(Findings findings)
    {
        if (findings.Labels.Count > MostClassesInTable || findings.InUse.ConfusionMatrix is not { } confusion)
        {
            return [Note($"With {findings.Labels.Count} classes, the matrix and the table of classes are left out.")];
        }

        var rows = findings.Labels.Select(
            (label, index) =>
            {
                var images = confusion[index].Sum();
                var predicted = confusion.Sum(row => row[index]);
                var right = confusion[index][index];
                return Row([
                    label,
                    $"{images}",
                    $"{predicted}",
                    $"{right}",
                    Share(right, images),
                    Share(right, predicted),
                ]);
            });
        return
        [
            new XElement("h2", "Classes"),
            Table(["class", "images", "predicted", "right", "found (recall)", "trusted (precision)"], rows),
        ];
    }

    private static XElement[] PredictionSets(Findings findings) =>
        findings.PredictionSets is { Count: > 0 } sets
            ?
            [
                Table(Numbers.SetHeadings, sets.Select(set => Row(Numbers.SetCells(set)))),
                Note(
                    findings.TemperatureSource == "fitted"
                        ? "These are the images that the quantiles were taken from: coverage is met by construction, "
                            + "and only the sizes are informative."
                        : "The quantiles are the model's own, from its calibration data. Where a set is empty, the "
                            + "service answers the most probable class."),
            ]
            : [];

    private static XElement[] OutOfDistribution(Findings findings) =>
        findings.OutOfDistribution is { } others
            ?
            [
                new XElement("h2", "Out of distribution"),
                Table(
                    ["data", "images", "AUROC of the energy", "above the threshold"],
                    others.Select(other =>
                        Row([
                            other.Dataset,
                            $"{other.Count}",
                            Numbers.Of(other.Auroc, "F4"),
                            other.RejectedShare is { } share ? Numbers.Percent(share) : "–",
                        ]))),
                Note(
                    "AUROC: the probability that such an image has a higher energy than one of the evaluated data; 0.5 "
                        + "is chance, 1 is perfect."),
            ]
            : [];

    private static XElement[] Mistakes(Findings findings) =>
        findings.MostConfidentMistakes.Count == 0
            ? []
            :
            [
                new XElement("h2", "Most confident mistakes"),
                new XElement(
                    "ul",
                    new XAttribute("class", "mistakes"),
                    findings.MostConfidentMistakes.Select(mistake => new XElement(
                        "li",
                        mistake.Encoded is { } encoded && Thumbnail.ToDataUri(encoded) is { } address
                            ? new XElement(
                                "img",
                                new XAttribute("src", address),
                                new XAttribute("alt", WithoutControls(mistake.Source)))
                            : null,
                        WithoutControls(
                            $"{mistake.Label} taken for {mistake.Predicted}, {Numbers.Percent(mistake.Confidence)}"),
                        new XElement("br"),
                        WithoutControls(mistake.Source)))),
            ];

    private static XElement[] Slowest(Findings findings) =>
        findings.SlowestImages is { Count: > 0 } slowest
            ?
            [
                new XElement("h2", "Slowest images"),
                Table(
                    ["image", "milliseconds"],
                    slowest.Select(image => Row([image.Source, Numbers.Of(image.Milliseconds, "F2")]))),
                Note(
                    "From the image's bytes to its answer, on one core; the median is "
                        + $"{Numbers.Of(findings.MedianMilliseconds ?? 0, "F2")} ms."),
            ]
            : [];

    private static XElement Table(IEnumerable<string> headings, IEnumerable<XElement> rows) => new(
        "table",
        new XElement("thead", new XElement("tr", headings.Select(heading => new XElement("th", heading)))),
        new XElement("tbody", rows));

    private static XElement Row(IEnumerable<string> cells) =>
        new("tr", cells.Select(cell => new XElement("td", WithoutControls(cell))));

    private static XElement Note(string text) => new("p", new XAttribute("class", "note"), text);

    private static string Share(int part, int whole) => whole == 0 ? "–" : Numbers.Percent(part / (double)whole);

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

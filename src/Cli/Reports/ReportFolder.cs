using System.Text;
using SoftmaxService.Cli.Evaluations;
using SoftmaxService.Cli.Manifests;

namespace SoftmaxService.Cli.Reports;

/// <summary>The files of <c>--report DIR</c>: the page, and each drawing as SVG and PNG.</summary>
internal static class ReportFolder
{
    public const string PageName = "report.html";

    /// <summary>Everything in memory first, so that nothing is left half written.</summary>
    public static IReadOnlyList<(string Path, byte[] Content)> Render(
        string folder,
        Findings findings,
        CancellationToken cancellationToken)
    {
        var files = new List<(string Path, byte[] Content)>();
        var drawings = new List<(string Name, string Svg)>();
        foreach (var figure in FindingsFigures.All(findings))
        {
            cancellationToken.ThrowIfCancellationRequested();
            drawings.Add((figure.Name, figure.ToSvg()));
            files.Add((Path.Combine(folder, $"{figure.Name}.svg"), Encoding.UTF8.GetBytes(drawings[^1].Svg)));
            files.Add((Path.Combine(folder, $"{figure.Name}.png"), figure.ToPng()));
        }

        files.Add((Path.Combine(folder, PageName), Encoding.UTF8.GetBytes(HtmlReport.Write(findings, drawings))));
        return files;
    }

    public static void Write(string folder, Findings findings, CancellationToken cancellationToken)
    {
        var files = Render(folder, findings, cancellationToken);
        Directory.CreateDirectory(folder);
        FileReplacement.WriteAll(cancellationToken, files);
    }
}

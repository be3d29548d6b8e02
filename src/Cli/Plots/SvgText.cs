using System.Xml;
using System.Xml.Linq;

namespace SoftmaxService.Cli.Plots;

/// <summary>
/// Turns Skia's SVG into one that scales, has a title, is legible without our font, and can share a page with others.
/// </summary>
internal static class SvgText
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly XNamespace XLink = "http://www.w3.org/1999/xlink";

    // Verdana is of the same widths; the rest is for machines without either.
    private const string FontFamilies = $"{PlotFont.Family}, Verdana, sans-serif";

    public static string Clean(byte[] skiaSvg, string name, string title)
    {
        var document = XDocument.Load(new MemoryStream(skiaSvg));
        var root = document.Root!; // a document that was loaded has a root
        var (width, height) = (root.Attribute("width")!.Value, root.Attribute("height")!.Value); // Skia writes both
        root.SetAttributeValue("viewBox", $"0 0 {width} {height}");
        root.SetAttributeValue("role", "img");
        root.AddFirst(new XElement(Svg + "title", title));

        foreach (var element in root.Descendants().ToArray())
        {
            // Skia numbers the ids of each drawing from the same start; in one page they would clip each other.
            foreach (var attribute in element.Attributes().ToArray())
            {
                attribute.Value =
                    attribute.Name.LocalName == "id" ? $"{name}-{attribute.Value}"
                    : attribute.Name == XLink + "href" && attribute.Value.StartsWith('#')
                        ? $"#{name}-{attribute.Value[1..]}"
                    : attribute.Value.Replace("url(#", $"url(#{name}-", StringComparison.Ordinal);
            }

            if (element.Name == Svg + "text")
            {
                element.SetAttributeValue("font-family", FontFamilies);
                element.SetAttributeValue("x", element.Attribute("x")?.Value.TrimEnd(' ', ','));
                element.SetAttributeValue("y", element.Attribute("y")?.Value.TrimEnd(' ', ','));
                element.Value = element.Value.Trim();
            }
        }

        using var text = new StringWriter();
        using (
            var writer = XmlWriter.Create(
                text,
                new XmlWriterSettings
                {
                    Indent = true,
                    OmitXmlDeclaration = true,
                    NewLineChars = "\n",
                }))
        {
            document.Save(writer);
        }

        return text.ToString() + "\n";
    }
}

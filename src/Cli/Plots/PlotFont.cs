using ScottPlot;
using SkiaSharp;

namespace SoftmaxService.Cli.Plots;

/// <summary>
/// The plots' font, which comes with the program: our build of Skia has no system fonts and omits text without a font.
/// </summary>
internal static class PlotFont
{
    /// <summary>As the font calls itself.</summary>
    public const string Family = "DejaVu Sans";

    /// <summary>Pixels by which ScottPlot centres this font too high.</summary>
    public const float CentreOffset = 3;

    private static readonly Lazy<SKTypeface> Loaded = new(Load);

    /// <summary>Makes a plot whose every text is in this font.</summary>
    public static Plot NewPlot()
    {
        _ = Loaded.Value;
        var plot = new Plot();
        plot.Font.Set(Family);
        plot.Axes.Left.TickLabelStyle.OffsetY = CentreOffset;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.OutlineColor = Palette.Faint;
        return plot;
    }

    /// <summary>The text, or the other where the font lacks one of its characters.</summary>
    public static string Drawable(string text, string otherwise)
    {
        using var font = new SKFont(Loaded.Value);
        return font.ContainsGlyphs(text) ? text : otherwise;
    }

    private static SKTypeface Load()
    {
        // the project file embeds it
        using var file = typeof(PlotFont).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
        var typeface = SKTypeface.FromStream(file);
        Fonts.FontResolvers.Insert(0, new Resolver(typeface));
        Fonts.Default = Family;
        Fonts.Sans = Family;
        return typeface;
    }

    private sealed class Resolver(SKTypeface typeface) : IFontResolver
    {
        public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => typeface;

        public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            typeface;
    }
}

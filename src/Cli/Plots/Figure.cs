using ScottPlot;
using SkiaSharp;

namespace SoftmaxService.Cli.Plots;

/// <summary>Plots side by side on one sheet, drawn as SVG or PNG.</summary>
/// <param name="Name">The file's name without its extension.</param>
/// <param name="Title">What a screen reader says.</param>
/// <param name="Width">Of the sheet, in pixels.</param>
/// <param name="Height">Of the sheet, in pixels.</param>
/// <param name="Panels">The plots and their places.</param>
internal sealed record Figure(
    string Name,
    string Title,
    int Width,
    int Height,
    IReadOnlyList<(Plot Plot, PixelRect Place)> Panels)
{
    // Twice the nominal size, so that text is sharp on a dense screen.
    private const int PngScale = 2;

    public string ToSvg()
    {
        using var buffer = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, Height), buffer))
        {
            Draw(canvas);
        }

        return SvgText.Clean(buffer.ToArray(), Name, Title);
    }

    public byte[] ToPng()
    {
        using var surface = SKSurface.Create(new SKImageInfo(Width * PngScale, Height * PngScale));
        surface.Canvas.Scale(PngScale);
        Draw(surface.Canvas);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private void Draw(SKCanvas canvas)
    {
        canvas.Clear(SKColors.White);
        foreach (var (plot, place) in Panels)
        {
            // A plot clears all that it may draw on.
            canvas.Save();
            canvas.ClipRect(new SKRect(place.Left, place.Top, place.Right, place.Bottom));
            plot.Render(canvas, place);
            canvas.Restore();
        }
    }
}

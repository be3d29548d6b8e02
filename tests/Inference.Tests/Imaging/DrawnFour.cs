using SkiaSharp;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>A "4" on a canvas of 280 × 280: three strokes that no symmetry maps onto themselves.</summary>
internal static class DrawnFour
{
    private static readonly SKPoint[][] Strokes =
    [
        [new(120, 50), new(70, 160), new(210, 160)],
        [new(165, 90), new(165, 235)],
    ];

    public static byte[] Encode() => Encode(SKColors.Black, SKColors.White);

    public static byte[] Encode(SKColor ink, SKColor paper) =>
        EncodedImages.Draw(280, 280, paper, canvas => Draw(canvas, ink, 22));

    public static void Draw(SKCanvas canvas, SKColor ink, float pen)
    {
        using var paint = new SKPaint
        {
            Color = ink,
            StrokeWidth = pen,
            IsStroke = true,
            IsAntialias = true,
            StrokeCap = SKStrokeCap.Round,
            StrokeJoin = SKStrokeJoin.Round,
        };
        foreach (var stroke in Strokes)
        {
            for (var i = 1; i < stroke.Length; i++)
            {
                canvas.DrawLine(stroke[i - 1], stroke[i], paint);
            }
        }
    }
}
